import { limits } from "@keepsake/contract/limits";
import { pngPrompt } from "../imaging/formats/pngPrompt.ts";
import { type PreparedPicture, sanitizeImage } from "../imaging/sanitizeImage.ts";
import { type ImageLimits, validateHeader } from "../imaging/validateHeader.ts";
import { thumbhashOf } from "../imaging/variants.ts";
import type { Decoder, ImageBucket, PublicBucket, Services } from "../ports.ts";
import type { PublishedImage } from "./images.sql.ts";
import * as objectKeys from "./objectKeys.ts";
import { storePicture } from "./storePicture.ts";

type Source = {
  /** The key of the incoming object that the bytes were read from. When they are published as they are, the store may copy it. */
  incomingKey?: string;
  /** Of the bytes, in lower-case hex. */
  sha256?: string;
};

/**
 * The only way for an image into the public or the private bucket, whatever the platform: checks and
 * sanitizes it, stores it and its smaller copies under its id, and resolves when the bucket has confirmed
 * them. Throws `image.*` for what can never be published. Safe to repeat.
 */
export async function publishImage(
  services: StoringServices,
  image_id: string,
  bytes: Buffer,
  imageLimits: ImageLimits,
  source: Source = {},
): Promise<PublishedImage> {
  const image = await prepareImage(services.decoder, bytes, imageLimits, source);
  return storeImage(services, image_id, image);
}

/** The first half: what is stored of an image. Throws `image.*` for what can never be published. */
export async function prepareImage(
  decoder: Decoder,
  bytes: Buffer,
  imageLimits: ImageLimits,
  { incomingKey, sha256 }: Source = {},
): Promise<PreparedImage> {
  validateHeader(bytes, imageLimits);
  const picture = await sanitizeImage(decoder, bytes, imageLimits, { sha256 });
  const object = picture.isUnchanged ? { ...picture, incomingKey } : picture;
  return { ...object, prompt: captionOf(bytes) };
}

export type PreparedImage = PreparedPicture & { prompt: string | undefined };

/** The second half: stores an image and its smaller copies under its id. */
export async function storeImage(
  { bucket, decoder }: StoringServices,
  image_id: string,
  image: PreparedImage,
): Promise<PublishedImage> {
  const key = objectKeys.image(image_id, image.format);
  const published = await storePicture({ bucket, decoder }, key, image);
  const {
    contentType: content_type,
    width,
    height,
    placeholder,
    rewritten,
    warnings,
    prompt,
  } = image;
  const thumbhash = thumbhashOf(placeholder);
  const url = "url" in bucket ? bucket.url(key) : null;
  const about = { content_type, width, height, thumbhash, rewritten, warnings, prompt };
  return { key, url, ...about, ...published };
}

type StoringServices = Pick<Services, "decoder"> & { bucket: PublicBucket | ImageBucket };

/** A generator's prompt, cut to the length of a caption. */
const captionOf = (bytes: Buffer) =>
  pngPrompt(bytes)
    ?.slice(0, limits.caption_chars)
    .replace(/[\uD800-\uDBFF]$/, ""); // half a character
