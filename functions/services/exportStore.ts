import { exportStore as storeOn } from "@keepsake/adapters/cloud/exportStore";
import { lazy } from "./lazy.ts";
import { Resource } from "./sstLinks.ts";

/** Where the zips of exports are written: the bucket of private images. */
export const exportStore = lazy(() => storeOn(Resource.Private));
