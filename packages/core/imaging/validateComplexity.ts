import { AppError } from "@keepsake/contract/errors";
import { isAvifWithinBounds, readAvif } from "./formats/avif.ts";
import { countJpegScans } from "./formats/countJpegScans.ts";
import type { ImageFormat } from "./formats/sniff.ts";
import { readWebp } from "./formats/webp.ts";
import { type ImageLimits, validateDimensions } from "./validateHeader.ts";

/**
 * Rejects what would multiply a decoder's work, by what the container says of it, before a decoder sees it:
 * `image.too_complex`, `image.bad_dimensions`, and `image.damaged` for a container that cannot be read.
 */
export function validateComplexity(bytes: Buffer, format: ImageFormat, limits: ImageLimits): void {
  if (format === "jpeg" && countJpegScans(bytes) > maxScans) throw tooComplex();
  if (format === "webp") {
    const webp = readWebp(bytes);
    if (!webp) throw damaged();
    if (webp.frames > maxFrames) throw tooComplex();
  }
  if (format === "avif") {
    const avif = readAvif(bytes);
    if (!avif) throw damaged();
    validateDimensions(avif.width, avif.height, format, limits);
    // only the first frame is decoded
    if (!isAvifWithinBounds({ ...avif, frames: 1 })) throw tooComplex();
  }
}

/**
 * A progressive JPEG usually has about ten scans. A legal one of 300 KB may have 2,600: libjpeg goes over
 * each before the first row, which takes a minute for 40 megapixels.
 */
const maxScans = 100;

/** libwebp goes over all frames to find the first: 60,000 of 16 × 16 px take 3.4 s, 300 take 4 ms. */
const maxFrames = 300;

export const tooComplex = (cause?: unknown) =>
  new AppError("image.too_complex", "The image takes too long to decode: send a simpler one", {
    cause,
  });

const damaged = () =>
  new AppError("image.damaged", "The image is damaged or cut off and cannot be decoded");
