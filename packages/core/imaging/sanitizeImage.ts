import type { Encoding } from "../decoderJob.ts";
import type { Decoder } from "../ports.ts";
import { decode, type PublishedFormat, type SanitizedImage, sanitizedImage } from "./codec.ts";
import { hasOnlyPictureChunks, holdsOnlyPixels, isIndexed } from "./formats/png.ts";
import { type ImageFormat, sniff } from "./formats/sniff.ts";
import { type ImageLimits, validateDimensions } from "./validateHeader.ts";

/**
 * Decodes an image fully and resolves to what may be published: the very bytes of a PNG that contains only
 * picture data, else the first frame re-encoded, upright, without metadata or trailing bytes. PNG and GIF
 * become PNG, JPEG stays JPEG, WebP and AVIF become WebP; `as` overrides that. Throws as `decode` does.
 */
export async function sanitizeImage(
  decoder: Decoder,
  bytes: Buffer,
  limits: ImageLimits,
  as?: PublishedFormat,
): Promise<SanitizedImage> {
  const sniffed = sniff(bytes)?.format ?? "png";
  const format = as ?? publishedAs[sniffed];
  if (sniffed === "png" && format === "png" && hasOnlyPictureChunks(bytes))
    if (await isOnlyPicture(decoder, bytes, limits))
      return sanitizedImage({ bytes, ...pngSize(bytes) }, "png");

  const { encode } = await decode(decoder, bytes, limits, { encode: encodings[format] });
  return sanitizedImage(encode, format);
}

/** Decodes such a PNG with our own reader where that is enough: sharp would do the same work again. */
async function isOnlyPicture(decoder: Decoder, bytes: Buffer, limits: ImageLimits) {
  const { width, height } = pngSize(bytes);
  validateDimensions(width, height, "png", limits);
  if (!(await holdsOnlyPixels(bytes))) return false;
  if (isIndexed(bytes)) await decode(decoder, bytes, limits, { check: true });
  return true;
}

/** Of a PNG, in pixels. */
const pngSize = (bytes: Buffer) => ({
  width: bytes.readUInt32BE(16),
  height: bytes.readUInt32BE(20),
});

const publishedAs: Record<ImageFormat, PublishedFormat> = {
  png: "png",
  gif: "png",
  jpeg: "jpeg",
  webp: "webp",
  avif: "webp",
};

/** WebP at sharp's default effort takes 16 s for 40 megapixels on two cores; at 2 it takes a few. */
const encodings: Record<PublishedFormat, Encoding> = {
  png: { format: "png" },
  jpeg: { format: "jpeg", quality: 90 },
  webp: { format: "webp", quality: 90, effort: 2 },
};
