import { sanitizeImage, thumbHash } from "../imaging/sanitizeImage.ts";
import { type ImageLimits, validateHeader } from "../imaging/validateHeader.ts";
import type { PublicBucket } from "../ports.ts";
import type { PublishedImage } from "./images.sql.ts";
import { objectKeys } from "./objectKeys.ts";

/**
 * The one way for an image into the public bucket, whatever the platform: checks, cleans and stores it
 * under its id, and resolves when the object is confirmed. Throws `image.*` for what can never be
 * published. Safe to repeat.
 */
export async function publish(
  images: PublicBucket,
  image_id: string,
  bytes: Buffer,
  allowed: ImageLimits,
): Promise<PublishedImage> {
  validateHeader(bytes, allowed);
  const image = await sanitizeImage(bytes, allowed);
  const key = objectKeys.image(image_id, image.format);
  const thumbhash = await thumbHash(image.bytes, allowed);
  await images.put(key, image);
  return {
    key,
    url: images.url(key),
    content_type: image.contentType,
    bytes: image.bytes.length,
    width: image.width,
    height: image.height,
    sha256: image.sha256,
    thumbhash,
  };
}
