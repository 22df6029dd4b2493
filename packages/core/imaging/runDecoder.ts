import { createHash } from "node:crypto";
import { AppError } from "@keepsake/contract/errors";
import { limits as apiLimits } from "@keepsake/contract/limits";
import type { DecoderResult, DecoderSteps, EncodedImage } from "../decoderJob.ts";
import type { Decoder, StoredObject } from "../ports.ts";
import type { PublishedFormat } from "./chooseEncoding.ts";
import { withoutResolution } from "./formats/pngChunks.ts";
import { type ImageFormat, sniff } from "./formats/sniff.ts";
import { validateComplexity } from "./validateComplexity.ts";
import { type ImageLimits, validateDimensions } from "./validateHeader.ts";

/** An image as it is published. Width and height in pixels, as it is displayed. */
export type SanitizedImage = StoredObject & {
  bytes: Buffer;
  format: PublishedFormat;
  width: number;
  height: number;
};

/**
 * Does the steps of one job on an image whose header is within the limits. Throws `image.damaged`,
 * `image.unsupported`, `image.bad_dimensions` or `image.too_complex`, and `RetryableError` for what says
 * nothing about the image.
 */
export async function decode<Steps extends DecoderSteps>(
  decoder: Decoder,
  bytes: Buffer,
  limits: ImageLimits,
  steps: Steps,
): Promise<DecoderResult<Steps>> {
  validateComplexity(bytes, sniff(bytes)?.format ?? "png", limits);
  return decodeStripped(decoder, bytes, limits, steps);
}

/**
 * As `decode`, of a picture that `stripImage` has gone over: it has counted the scans of a JPEG, which takes
 * a twentieth of the CPU time of a photo.
 */
export async function decodeStripped<Steps extends DecoderSteps>(
  decoder: Decoder,
  bytes: Buffer,
  limits: ImageLimits,
  steps: Steps,
): Promise<DecoderResult<Steps>> {
  const sniffed = sniff(bytes)?.format ?? "png";
  const { sidePx, work: bounds } = limits;
  const format = decoders[sniffed];
  const pixels = limits.pixels[sniffed];
  const accepts = { format, minSidePx: apiLimits.image_side_min_px, sidePx, pixels };
  const result = await decoder.run({ bytes, accepts, bounds, steps });
  const { header } = result;
  if (header.format !== format)
    throw new AppError("image.unsupported", "Send a PNG, JPEG, WebP, AVIF or GIF image");
  validateDimensions(header.width, header.height, sniffed, limits);
  return result;
}

/** sharp's names of the formats. sharp also reads SVG and TIFF, and detects the format by itself. */
const decoders: Record<ImageFormat, string> = {
  png: "png",
  gif: "gif",
  jpeg: "jpeg",
  webp: "webp",
  avif: "heif",
};

/** A picture that the decoder encoded. */
export function encodedImage(encoded: EncodedImage, format: PublishedFormat): SanitizedImage {
  return sanitizedImage({ ...encoded, bytes: encodedBytes(encoded, format) }, format);
}

/** Its bytes, without a copy. sharp writes a resolution into every PNG: it is dropped. */
export function encodedBytes({ bytes }: EncodedImage, format: PublishedFormat): Buffer {
  const picture = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return format === "png" ? withoutResolution(picture) : picture;
}

export function sanitizedImage(
  { bytes, width, height }: EncodedImage & { bytes: Buffer },
  format: PublishedFormat,
  sha256 = createHash("sha256").update(bytes).digest("hex"),
): SanitizedImage {
  return { bytes, format, contentType: `image/${format}`, sha256, width, height };
}
