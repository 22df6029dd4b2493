import { webpSize } from "./webp.ts";

export type ImageFormat = "png" | "jpeg" | "gif" | "webp" | "avif";

/** The format of an image, and its size in pixels when the first bytes contain it. */
export type Sniffed = { format: ImageFormat; width?: number; height?: number };

/** Detects the format by the bytes alone, never by a label. Undefined for a format we do not accept. */
export function sniff(bytes: Buffer): Sniffed | undefined {
  if (bytes.length < 32) return undefined;
  const ascii = (from: number, to: number) => bytes.toString("latin1", from, to);

  if (ascii(0, 8) === "\x89PNG\r\n\x1a\n" && ascii(12, 16) === "IHDR")
    return { format: "png", width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
  if (bytes.readUIntBE(0, 3) === 0xffd8ff) return { format: "jpeg" };
  if (/^GIF8[79]a$/.test(ascii(0, 6)))
    return { format: "gif", width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
  if (ascii(0, 4) === "RIFF" && ascii(8, 12) === "WEBP")
    return { format: "webp", ...webpSize(bytes) };
  if (isAvif(bytes)) return { format: "avif" };
  return undefined;
}

/** The first box must be as short as in real files: `<!--ftypavif--><svg …` would be a box of a gigabyte. */
function isAvif(bytes: Buffer) {
  const length = bytes.readUInt32BE(0);
  const brands = bytes.toString("latin1", 8, Math.min(length, 64));
  return length <= 2_048 && bytes.toString("latin1", 4, 8) === "ftyp" && /avi[fs]/.test(brands);
}
