import { randomBytes } from "node:crypto";
import sharp from "sharp";
import { noisePng } from "./pendingPortraits.ts";

/**
 * A portrait, a photo without metadata and the same photo as WebP, of about 500 KB each. In brief the photo is smaller,
 * and of any quality.
 */
export async function picturesOf500Kb(isBrief: boolean) {
  const photo = isBrief ? await photoPixels(400, 300) : await photoPixels(1_600, 1_200);
  const most = isBrief ? 50_000 : 500_000;
  return {
    portrait: await noisePng(480_000),
    photo: await ofBytes(most, (quality) => photo().jpeg({ quality }).toBuffer()),
    webp: await ofBytes(most, (quality) => photo().webp({ quality }).toBuffer()),
  };
}

/** Noise at every scale, less of it the finer it is, as in photos. */
async function photoPixels(width: number, height: number) {
  const raw = { width, height, channels: 3 as const };
  const sum = new Float32Array(width * height * 3);
  let amplitude = 1;
  for (let scale = 256; scale >= 1; scale /= 2, amplitude *= 0.75) {
    const small = { ...raw, width: Math.ceil(width / scale), height: Math.ceil(height / scale) };
    const noise = await sharp(randomBytes(small.width * small.height * 3), { raw: small })
      .resize(width, height, { fit: "fill" })
      .raw()
      .toBuffer();
    for (let index = 0; index < sum.length; index += 1)
      sum[index]! += amplitude * (noise[index]! - 128);
  }
  const pixels = Uint8ClampedArray.from(sum, (value) => 128 + value * 0.6);
  return () => sharp(pixels, { raw });
}

/** The encoding of the quality that comes closest to these bytes. */
async function ofBytes(bytes: number, encode: (quality: number) => Promise<Buffer>) {
  let [low, high] = [1, 100];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((await encode(middle)).length < bytes) low = middle + 1;
    else high = middle;
  }
  return encode(low);
}
