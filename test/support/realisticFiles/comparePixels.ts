import sharp, { type SharpOptions } from "sharp";

/** All pixels upright as RGBA in sRGB, each frame below the one before. The colours of what is fully transparent are black. */
export async function pixelsOf(bytes: Buffer, options: SharpOptions = {}): Promise<Buffer> {
  const opened = sharp(bytes, options);
  const upright = options.animated ? opened : opened.autoOrient();
  const pixels = await upright.toColourspace("srgb").ensureAlpha().raw().toBuffer();
  for (let at = 0; at < pixels.length; at += 4)
    if (pixels[at + 3] === 0) pixels.fill(0, at, at + 3);
  return pixels;
}

/** The peak signal-to-noise ratio of two pictures' pixels, in dB; 99 when they are equal. */
export function psnr(one: Uint8Array, other: Uint8Array): number {
  if (one.length !== other.length) return 0;
  let squares = 0;
  for (let at = 0; at < one.length; at += 1) squares += (one[at]! - other[at]!) ** 2;
  // every fourth byte is alpha, which JPEG does not have
  const channels = (one.length / 4) * 3;
  return squares === 0 ? 99 : 10 * Math.log10((255 ** 2 * channels) / squares);
}

/** The largest difference of two pictures' bytes. */
export const furthest = (one: Uint8Array, other: Uint8Array): number =>
  one.length === other.length
    ? one.reduce((max, value, at) => Math.max(max, Math.abs(value - other[at]!)), 0)
    : 255;
