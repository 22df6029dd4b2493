import type { ObjectToErase } from "../erasures/erasures.ts";
import type { DeletedImage } from "./images.sql.ts";
import * as objectKeys from "./objectKeys.ts";
import { publicObjects } from "./publicObjects.ts";

/** Every object that an image has, or may still get from a request in flight. */
export function imageObjects(image: DeletedImage): ObjectToErase[] {
  const published = image.key ? publicObjects(image.key) : possibleObjects(image.image_id);
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
export const possibleObjects = (image_id: string): ObjectToErase[] =>
  objectKeys.possibleImages(image_id).map((key) => ({ bucket: "images", key }));
