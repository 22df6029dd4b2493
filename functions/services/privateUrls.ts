import { downloadPresigner } from "@keepsake/adapters/cloud/presigner";
import { Resource } from "sst";
import { lazy } from "./lazy.ts";

export const privateUrls = lazy(() => downloadPresigner(Resource.PrivateWeb));
