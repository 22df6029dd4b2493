import type { Animation } from "./animationLimits.ts";

/**
 * Counts the frames of a GIF by its blocks (GIF89a specification, sections 17 to 27), without decoding one.
 * The canvas includes frames that reach out of the screen, because decoders enlarge it for them. Undefined
 * when a block is cut off or does not exist, or there is no frame. The end of the file may be missing.
 * Takes time linear in the bytes.
 */
export function readGif(bytes: Buffer): Animation | undefined {
  if (bytes.length < 13 || !/^GIF8[79]a$/.test(bytes.toString("latin1", 0, 6))) return undefined;
  let width = bytes.readUInt16LE(6);
  let height = bytes.readUInt16LE(8);
  let frames = 0;
  let at = 13 + paletteBytes(bytes[10]!);

  while (at < bytes.length && bytes[at] !== trailer) {
    const introducer = bytes[at]!;
    if (introducer === imageDescriptor) {
      if (at + 11 > bytes.length) return undefined;
      frames += 1;
      width = Math.max(width, bytes.readUInt16LE(at + 1) + bytes.readUInt16LE(at + 5));
      height = Math.max(height, bytes.readUInt16LE(at + 3) + bytes.readUInt16LE(at + 7));
      at += 10 + paletteBytes(bytes[at + 9]!) + 1; // and the size of the first codes
    } else if (introducer === extension) at += 2;
    else return undefined;

    const end = endOfSubBlocks(bytes, at);
    if (end === undefined) return undefined;
    at = end;
  }
  return frames > 0 && at <= bytes.length ? { width, height, frames } : undefined;
}

const imageDescriptor = 0x2c;
const extension = 0x21;
const trailer = 0x3b;

/** Of the palette that these flags declare. */
const paletteBytes = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);

/** Sub-blocks each begin with their length, and end with one of length 0. */
function endOfSubBlocks(bytes: Buffer, start: number): number | undefined {
  let at = start;
  while (at < bytes.length && bytes[at] !== 0) at += 1 + bytes[at]!;
  return at < bytes.length ? at + 1 : undefined;
}
