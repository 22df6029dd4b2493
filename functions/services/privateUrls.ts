import { downloadPresigner } from "@keepsake/adapters/cloud/presigner";
import { lazy } from "./lazy.ts";
import { Resource } from "./sstLinks.ts";

export const privateUrls = lazy(() => downloadPresigner(Resource.PrivateWeb));
