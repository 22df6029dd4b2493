import type { PublishedImage } from "./images.sql.ts";
import { admit, type ImageLimits } from "./imaging/admit.ts";
import { clean, thumbHash } from "./imaging/clean.ts";
import { imageKey } from "./keys.ts";
import type { PublicBucket } from "./ports.ts";

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
  admit(bytes, allowed);
  const image = await clean(bytes, allowed);
  const key = imageKey(image_id, image.format);
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
