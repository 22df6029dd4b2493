import { randomBytes } from "node:crypto";
import { deflateSync } from "node:zlib";
import { header, chunk as pngChunk, pngOf } from "../../support/images.ts";
import { latin1, uint32le } from "./byteHelpers.ts";

/**
 * A WebP with many frames of one pixel on a canvas of 16 × 16, 38 bytes each. libwebp searches its list of
 * frames from the start for each frame, so its time grows with the square of their number.
 */
export function animatedWebp(frames: number): Buffer {
  const side = 15; // of the canvas, minus one
  const header = chunk("VP8X", Buffer.from([2, 0, 0, 0, side, 0, 0, side, 0, 0]));
  const loop = chunk("ANIM", Buffer.alloc(6));
  // the place, the size minus one, 50 ms, and no blending
  const place = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 50, 0, 0, 2]);
  const frame = chunk("ANMF", Buffer.concat([place, pixel]));
  const body = [latin1("WEBP"), header, loop, ...Array<Buffer>(frames).fill(frame)];
  const bytes = Buffer.concat(body);
  return Buffer.concat([latin1("RIFF"), uint32le(bytes.length), bytes]);
}

function chunk(type: string, data: Buffer): Buffer {
  const padding = Buffer.alloc(data.length % 2);
  return Buffer.concat([latin1(type), uint32le(data.length), data, padding]);
}

/** One white pixel without loss. */
const pixel = chunk("VP8L", Buffer.from("2f0000001007101111888808", "hex"));

/** A PNG of noise in two colours, which is encoded anew as RGB: about three seconds for 16 megapixels. */
export function twoColourPng(side: number): Buffer {
  const rows = randomBytes((side / 8 + 1) * side);
  for (let row = 0; row < side; row += 1) rows[row * (side / 8 + 1)] = 0; // no filter
  const palette = pngChunk("PLTE", Buffer.from([20, 60, 90, 200, 180, 160]));
  const pixels = pngChunk("IDAT", deflateSync(rows, { level: 1 }));
  return pngOf(header(side, side, 1, 3), palette, pixels, pngChunk("IEND"));
}
