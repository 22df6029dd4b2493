import { uploadPresigner as presigner } from "@keepsake/adapters/cloud/presigner";
import { lazy } from "./lazy.ts";
import { Resource } from "./sstLinks.ts";

export const uploadPresigner = lazy(() => presigner(Resource.IncomingWeb));
