import { randomBytes } from "node:crypto";
import sharp from "sharp";
import { noisePng } from "./pendingPortraits.ts";

/** A portrait, a photo without metadata and the same photo as WebP, of about 500 KB each. */
export async function picturesOf500Kb() {
  const photo = await photoPixels(1_600, 1_200);
  return {
    portrait: await noisePng(480_000),
    photo: await ofBytes(500_000, (quality) => photo().jpeg({ quality }).toBuffer()),
    webp: await ofBytes(500_000, (quality) => photo().webp({ quality }).toBuffer()),
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
