import { createInflate } from "node:zlib";

/**
 * True when the IDAT chunks of a PNG of 8 bits, in grey, RGB or RGBA and not interlaced, hold exactly one
 * zlib stream, checksum included, of exactly its rows, each with a filter type that exists, and state the
 * largest window or one as large as the rows: libpng fails where the stream reaches back further, which
 * inflating large pieces does not notice. Decoders skip bytes after the stream and after its last row,
 * where a whole archive could hide.
 */
export async function holdsOnlyPixels(bytes: Buffer): Promise<boolean> {
  const parts = pixelsOf(bytes);
  const packed = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  const rowBytes = 1 + bytes.readUInt32BE(16) * channels[bytes[25]!]!; // with its filter type
  const expected = rowBytes * bytes.readUInt32BE(20);
  const window = windowOf(packed);
  if (window < maxWindow && window < expected) return false;
  // each output chunk costs a thread switch, so few large ones; windowBits 0: as the stream's header says
  const inflate = createInflate({ chunkSize: 262_144, windowBits: 0 });
  let inflated = 0;
  let row = 0; // where the next one begins
  try {
    inflate.end(packed);
    for await (const part of inflate as AsyncIterable<Buffer>) {
      for (; row < inflated + part.length; row += rowBytes)
        if (part[row - inflated]! > lastFilter) return false;
      inflated += part.length;
      if (inflated > expected) return false;
    }
  } catch {
    return false; // the stream is damaged or cut off
  }
  return inflated === expected && inflate.bytesWritten === packed.length;
}

/** The window that a zlib stream states, in bytes (RFC 1950, section 2.2: CINFO). */
const windowOf = (packed: Buffer) => 2 ** (8 + ((packed[0] ?? 0) >> 4));
const maxWindow = 32_768;

/** Filter types are none, sub, up, average and Paeth. */
const lastFilter = 4;

/** By colour type: grey, RGB, RGBA. */
const channels: Record<number, number> = { 0: 1, 2: 3, 6: 4 };

function pixelsOf(bytes: Buffer): Buffer[] {
  const pixels: Buffer[] = [];
  for (let at = 8, end: number; at < bytes.length; at = end) {
    end = at + 12 + bytes.readUInt32BE(at);
    if (bytes.toString("latin1", at + 4, at + 8) === "IDAT")
      pixels.push(bytes.subarray(at + 8, end - 4));
  }
  return pixels;
}
