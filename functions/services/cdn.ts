import { cloudflareCdn } from "@keepsake/adapters/cloud/cloudflareCdn";
import { logFailure } from "../runtime/log.ts";
import { lazy } from "./lazy.ts";
import { Resource } from "./sstLinks.ts";

export const cdn = lazy(() =>
  cloudflareCdn(Resource.Cdn, (reason) => logFailure("a purge failed", reason)),
);
