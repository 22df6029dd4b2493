import { limits } from "@keepsake/contract/limits";
import type { Decoder } from "../ports.ts";
import { inStatedColours } from "./formats/pngColours.ts";
import { decode, encodedImage, type SanitizedImage } from "./runDecoder.ts";
import { type PictureWithCopies, sanitizeImage } from "./sanitizeImage.ts";
import { type ImageLimits, imageLimits, validateHeader } from "./validateHeader.ts";
import { copySteps, toCopies } from "./variants.ts";

/**
 * A published image as a PNG portrait: fitted into a square of `sidePx`, and made smaller in steps until
 * it has at most `bytes`.
 */
export async function fitPortrait(
  decoder: Decoder,
  image: Buffer,
  { bytes: maxBytes, sidePx }: ImageLimits,
): Promise<PictureWithCopies> {
  const sidesPx = [sidePx];
  for (let side = sidePx; side ** 2 * bytesPerPixel > maxBytes; ) {
    side = Math.round(side * 0.8);
    sidesPx.push(side);
  }
  const steps = { fit: { sidesPx, maxBytes }, ...copySteps };
  const { fit, ...copies } = await decode(decoder, image, imageLimits, steps);
  const portrait = encodedImage(fit, "png");
  return { ...portrait, variants: toCopies(copies, portrait) };
}

/** Of a PNG of 8 bits that nothing compresses, with a little more for its chunks. */
const bytesPerPixel = 4.1;

/**
 * A generated image as a portrait of at most 650 KB, so that six fit one response: its very bytes when it
 * is a small PNG with only picture data, else the first of 768, 640, 512 and 384 px a side that fits; 384 px
 * always do.
 */
export async function fitGeneratedPortrait(
  decoder: Decoder,
  bytes: Buffer,
): Promise<SanitizedImage> {
  const { generated_portrait_bytes: maxBytes, generated_portrait_side_px: maxSide } = limits;
  const format = validateHeader(bytes, imageLimits);
  if (format === "png" && bytes.length <= maxBytes) {
    const small = await sanitizeImage(decoder, bytes, imageLimits);
    const isSmall = Math.max(small.width, small.height) <= maxSide;
    if (isSmall && small.bytes.length <= maxBytes) return small;
  }
  const fit = { sidesPx: [maxSide, 640, 512, 384], maxBytes };
  const { bytes: readable, ...colours } = format === "png" ? inStatedColours(bytes) : { bytes };
  const portrait = await decode(decoder, readable, imageLimits, { ...colours, fit });
  return encodedImage(portrait.fit, "png");
}
