import { listLive } from "@keepsake/core/serviceKeys/serviceKeys.sql";
import { authentication } from "../runtime/authentication/identifyCaller.ts";
import { pageTokens } from "../runtime/authentication/pageTokens.ts";
import { sql } from "./database.ts";
import { lazy } from "./lazy.ts";
import { Resource } from "./sstLinks.ts";

export const authenticate = lazy(() => authentication(Resource.Auth, () => listLive(sql())));
export const createPageToken = lazy(() => pageTokens(Resource.Auth.pageTokenKey).create);
