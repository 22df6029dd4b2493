import { Resource } from "sst";
import { tokenVerifier } from "../runtime/token.ts";
import { lazy } from "./lazy.ts";

export const verifyToken = lazy(() => tokenVerifier(Resource.Auth));
