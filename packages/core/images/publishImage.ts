import { sanitizeImage } from "../imaging/sanitizeImage.ts";
import { thumbHash } from "../imaging/thumbHash.ts";
import { type ImageLimits, validateHeader } from "../imaging/validateHeader.ts";
import type { Services } from "../ports.ts";
import type { PublishedImage } from "./images.sql.ts";
import * as objectKeys from "./objectKeys.ts";

/**
 * The only way for an image into the public bucket, whatever the platform: checks and sanitizes it, stores
 * it under its id, and resolves when the bucket has confirmed the object. Throws `image.*` for what can
 * never be published. Safe to repeat.
 */
export async function publishImage(
  { images, decoder }: Pick<Services, "images" | "decoder">,
  image_id: string,
  bytes: Buffer,
  limits: ImageLimits,
): Promise<PublishedImage> {
  validateHeader(bytes, limits);
  const image = await sanitizeImage(decoder, bytes, limits);
  const key = objectKeys.image(image_id, image.format);
  const thumbhash = await thumbHash(decoder, image.bytes, limits);
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
