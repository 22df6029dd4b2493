import { cloudflareCdn } from "@keepsake/adapters/cloud/cloudflare";
import { Resource } from "sst";
import { logFailure } from "../runtime/log.ts";
import { lazy } from "./lazy.ts";

export const cdn = lazy(() =>
  cloudflareCdn(Resource.Cdn, (reason) => logFailure("a purge failed", reason)),
);
