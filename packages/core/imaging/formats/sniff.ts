export type ImageFormat = "png" | "jpeg" | "gif" | "webp" | "avif";

/** What the first bytes of an image say. Width and height are there when they stand in these bytes. */
export type Sniffed = { format: ImageFormat; width?: number; height?: number };

/** Trusts the bytes, never a label. Undefined when they are none of the formats we take. */
export function sniff(bytes: Buffer): Sniffed | undefined {
  if (bytes.length < 32) return undefined;
  const ascii = (from: number, to: number) => bytes.toString("latin1", from, to);

  if (ascii(0, 8) === "\x89PNG\r\n\x1a\n" && ascii(12, 16) === "IHDR")
    return { format: "png", width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
  if (bytes.readUIntBE(0, 3) === 0xffd8ff) return { format: "jpeg" };
  if (/^GIF8[79]a$/.test(ascii(0, 6)))
    return { format: "gif", width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
  if (ascii(0, 4) === "RIFF" && ascii(8, 12) === "WEBP")
    return { format: "webp", ...webpSize(ascii(12, 16), bytes) };
  if (isAvif(bytes)) return { format: "avif" };
  return undefined;
}

/** A first box as short as any real one: `<!--ftypavif--><svg …` would be a box of a gigabyte. */
function isAvif(bytes: Buffer) {
  const length = bytes.readUInt32BE(0);
  const brands = bytes.toString("latin1", 8, Math.min(length, 64));
  return length <= 2_048 && bytes.toString("latin1", 4, 8) === "ftyp" && /avi[fs]/.test(brands);
}

/** The three kinds of WebP, as RFC 9649 lays them out. */
function webpSize(chunk: string, bytes: Buffer): { width?: number; height?: number } {
  if (chunk === "VP8X")
    return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
  if (chunk === "VP8L") {
    const bits = bytes.readUInt32LE(21);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (chunk === "VP8 ")
    return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
  return {};
}
