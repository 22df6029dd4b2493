import { privateBucket, privateImageBucket, publicBucket } from "@keepsake/adapters/cloud/r2";
import { lazy } from "./lazy.ts";
import { Resource } from "./sstLinks.ts";

export const images = lazy(() => publicBucket(Resource.Images));
export const privateImages = lazy(() => privateImageBucket(Resource.Private));
export const incoming = lazy(() => privateBucket(Resource.Incoming));
