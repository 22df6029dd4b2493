import { randomBytes } from "node:crypto";
import sharp from "sharp";
import { noisePng } from "./pendingPortraits.ts";

/** A file for each way into the store. A JPEG is published as it is, a WebP is not. */
export async function filesToCount() {
  const picture = photo(4_000, 3_000);
  return {
    portrait: await noisePng(500_000),
    smallPortrait: await noisePng(20_000), // narrower than any copy
    photo: await picture.clone().jpeg({ quality: 92 }).toBuffer(),
    webp: await photo(2_000, 1_500).webp({ quality: 92 }).toBuffer(), // 2 MB
    rehost: await noisePng(1_000_000),
  };
}

/** With the detail of a photo. */
function photo(width: number, height: number) {
  const raw = { width: width / 2, height: height / 2, channels: 3 as const };
  const pixels = randomBytes(raw.width * raw.height * 3);
  return sharp(pixels, { raw }).resize(width, height).blur(0.6);
}
