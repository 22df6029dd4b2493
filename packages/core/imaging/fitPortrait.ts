import { limits } from "@keepsake/contract/limits";
import sharp from "sharp";
import { encode, encodePalette, type SanitizedImage } from "./codec.ts";
import { sanitizeImage } from "./sanitizeImage.ts";
import { type ImageLimits, imageLimits, validateHeader } from "./validateHeader.ts";

/**
 * A published image as a PNG portrait: fitted into a square of `sidePx`, and made smaller in steps until
 * it has at most `bytes`.
 */
export async function fitPortrait(
  image: Uint8Array,
  { bytes: maxBytes, sidePx }: ImageLimits,
): Promise<SanitizedImage> {
  for (let side = sidePx; ; side = Math.round(side * 0.8)) {
    const portrait = await encode(fitted(image, side), "png");
    if (portrait.bytes.length <= maxBytes) return portrait;
  }
}

/**
 * A generated image as a portrait of at most 650 KB, so that six fit one response: its very bytes when it
 * is a small PNG with only picture data, else the first of 768, 640, 512 and 384 px a side that fits, else
 * 384 px with a palette.
 */
export async function fitGeneratedPortrait(bytes: Buffer): Promise<SanitizedImage> {
  const { generated_portrait_bytes: maxBytes, generated_portrait_side_px: maxSide } = limits;
  validateHeader(bytes, imageLimits);
  const full = await sanitizeImage(bytes, imageLimits);
  const isSmall = Math.max(full.width, full.height) <= maxSide && full.bytes.length <= maxBytes;
  if (isSmall && full.format === "png") return full;

  for (const side of [768, 640, 512, 384]) {
    const portrait = await encode(fitted(full.bytes, side), "png");
    if (portrait.bytes.length <= maxBytes) return portrait;
  }
  return encodePalette(sharp(full.bytes).resize({ width: 384, height: 384, fit: "inside" }));
}

const fitted = (image: Uint8Array, side: number) =>
  sharp(image).resize({ width: side, height: side, fit: "inside", withoutEnlargement: true });
