import type { Image } from "@keepsake/contract/schemas";
import type { ObjectToErase } from "../erasures/erasures.ts";
import type { DeletedImage } from "./images.sql.ts";
import * as objectKeys from "./objectKeys.ts";

/** Every object that an image has, or may still get from a request in flight. */
export function imageObjectsToErase(image: DeletedImage): ObjectToErase[] {
  const published = image.key
    ? objectsOf(image.visibility, objectKeys.withVariants(image.key))
    : possibleObjects(image.image_id, image.visibility);
  if (image.platform !== "web" || image.url_expires_at === null) return published;
  const incoming = {
    bucket: "incoming" as const,
    key: objectKeys.upload(image.image_id),
    // until then the presigned URL could write the object again
    notBefore: image.url_expires_at,
    notFinalBefore: image.expires_at,
  };
  return [...published, incoming];
}

/** Every object that an attempt to publish the image may have stored. */
export const possibleObjects = (image_id: string, visibility: Image["visibility"]) =>
  objectsOf(visibility, objectKeys.possibleImages(image_id));

const objectsOf = (visibility: Image["visibility"], keys: string[]): ObjectToErase[] =>
  keys.map((key) => ({ bucket: objectKeys.bucketOf(visibility), key }));
