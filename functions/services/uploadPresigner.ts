import { uploadPresigner as presigner } from "@keepsake/adapters/cloud/presigner";
import { Resource } from "sst";
import { lazy } from "./lazy.ts";

export const uploadPresigner = lazy(() => presigner(Resource.IncomingWeb));
