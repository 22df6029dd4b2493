import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import type { WorkBounds } from "../decoderJob.ts";
import { type ImageFormat, sniff } from "./formats/sniff.ts";

/**
 * The largest image accepted: `sidePx` is the longest side, `pixels` the area, `work` what decoding and
 * encoding it may take.
 */
export type ImageLimits = {
  bytes: number;
  sidePx: number;
  pixels: Record<ImageFormat, number>;
  /** Of the image as it is published. */
  publishedBytes: number;
  work: WorkBounds;
};

/** The area of an image, in pixels, whose sides are at most so long. */
const pixelsWithin = (sidePx: number): ImageLimits["pixels"] => {
  const { image_pixels, jpeg_pixels, avif_pixels } = limits;
  const [other, jpeg, avif] = [image_pixels, jpeg_pixels, avif_pixels].map((pixels) =>
    Math.min(pixels, sidePx ** 2),
  ) as [number, number, number];
  return { png: other, jpeg, gif: other, webp: other, avif };
};

/** The clock allows several times the CPU time, for a machine that does other work. */
const portraitWork: WorkBounds = { cpuMs: 4_000, memoryBytes: 512_000_000, wallMs: 16_000 };
const imageWork: WorkBounds = { cpuMs: 10_000, memoryBytes: 1_000_000_000, wallMs: 25_000 };

/** Of a portrait as it is sent. */
export const portraitLimits: ImageLimits = {
  bytes: limits.portrait_bytes,
  sidePx: limits.portrait_side_px,
  pixels: pixelsWithin(limits.portrait_side_px),
  publishedBytes: limits.published_portrait_bytes,
  work: portraitWork,
};

/** Of a portrait made of a published image. */
export const fittedLimits: ImageLimits = {
  bytes: limits.portrait_bytes,
  sidePx: limits.fitted_portrait_side_px,
  pixels: pixelsWithin(limits.fitted_portrait_side_px),
  publishedBytes: limits.published_portrait_bytes,
  work: portraitWork,
};

/** Of an image as it is uploaded or re-hosted. */
export const imageLimits: ImageLimits = {
  bytes: limits.image_bytes,
  sidePx: limits.image_side_px,
  pixels: pixelsWithin(limits.image_side_px),
  publishedBytes: limits.image_bytes,
  work: imageWork,
};

/**
 * Rejects what can never be published, from the size and the first bytes alone: `image.unsupported`,
 * `image.mislabelled`, `image.too_large`, `image.bad_dimensions`. Does not read the rest of the file.
 */
export function validateHeader(bytes: Buffer, allowed: ImageLimits, label?: string): ImageFormat {
  if (bytes.length > allowed.bytes)
    throw new AppError(
      "image.too_large",
      `The image has ${bytes.length} bytes; at most ${allowed.bytes} are accepted`,
    );
  const sniffed = sniff(bytes);
  if (!sniffed)
    throw new AppError("image.unsupported", "Send a PNG, JPEG, WebP, AVIF or GIF image");
  if (label !== undefined && label !== sniffed.format)
    throw new AppError(
      "image.mislabelled",
      `The image is labelled image/${label}, but its bytes are image/${sniffed.format}`,
    );
  const { format, width, height } = sniffed;
  if (width !== undefined && height !== undefined)
    validateDimensions(width, height, format, allowed);
  return format;
}

/** Throws `image.bad_dimensions` unless both sides, in pixels, and their product are within the limits. */
export function validateDimensions(
  width: number,
  height: number,
  format: ImageFormat,
  allowed: ImageLimits,
) {
  const smallest = limits.image_side_min_px;
  const { sidePx } = allowed;
  const pixels = allowed.pixels[format];
  const size = () => `${count(width)} × ${count(height)}`;
  if (Math.min(width, height) < smallest || Math.max(width, height) > sidePx)
    throw new AppError(
      "image.bad_dimensions",
      `This picture measures ${size()} pixels: each side must have ${smallest} to ${count(sidePx)}`,
      { details: { width, height, min_side_px: smallest, max_side_px: sidePx } },
    );
  if (width * height > pixels)
    throw new AppError(
      "image.bad_dimensions",
      `This picture has ${megapixels(width * height)} megapixels (${size()}): at most ${megapixels(pixels)} are accepted of ${names[format]}`,
      { details: { width, height, max_pixels: pixels } },
    );
}

const names: Record<ImageFormat, string> = {
  ...{ png: "a PNG", jpeg: "a JPEG", webp: "a WebP", gif: "a GIF", avif: "an AVIF" },
};

/** Only for errors: the first call loads Node's tables of languages, which takes 12 ms. */
const count = (pixels: number) => pixels.toLocaleString("en");

/** Rounded up, so that what is over a limit does not read as the limit. */
export const megapixels = (pixels: number) => count(Math.ceil(pixels / 1e5) / 10);
