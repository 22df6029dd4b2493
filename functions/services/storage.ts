import { privateBucket, privateImageBucket, publicBucket } from "@keepsake/adapters/cloud/r2";
import { Resource } from "sst";
import { lazy } from "./lazy.ts";

export const images = lazy(() => publicBucket(Resource.Images));
export const privateImages = lazy(() => privateImageBucket(Resource.Private));
export const incoming = lazy(() => privateBucket(Resource.Incoming));
