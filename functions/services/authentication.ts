import { listLive } from "@keepsake/core/serviceKeys/serviceKeys.sql";
import { Resource } from "sst";
import { authentication } from "../runtime/authentication/authenticator.ts";
import { pageTokens } from "../runtime/authentication/pageTokens.ts";
import { sql } from "./database.ts";
import { lazy } from "./lazy.ts";

export const authenticate = lazy(() => authentication(Resource.Auth, () => listLive(sql())));
export const createPageToken = lazy(() => pageTokens(Resource.Auth.pageTokenKey).create);
