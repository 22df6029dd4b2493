import { cloudflareCdn } from "@keepsake/adapters/cloud/cloudflare";
import { Resource } from "sst";
import { lazy } from "./lazy.ts";

export const cdn = lazy(() => cloudflareCdn(Resource.Cdn));
