import { crc32 } from "node:zlib";
import { signature } from "../../support/images.ts";
import { channels, inflatedExactly, rowSizes } from "./referenceChecks.ts";

/**
 * Why a published image is more than a picture; undefined when it is one. Reads the container itself, with
 * none of the product's code and without sharp, which skips other data.
 */
export function foreignData(bytes: Buffer, type: string): string | undefined {
  const archive = archives.find((mark) => bytes.includes(mark, 0, "latin1"));
  if (archive) return `a mark of an archive: ${JSON.stringify(archive)}`;
  if (bytes.subarray(0, 1_024).includes("%PDF-")) return "a PDF";
  const parts = readers[type]?.(bytes) ?? "no parts that can be read";
  const form = forms[type];
  return form?.test(parts) ? undefined : `${type}: ${parts}`;
}

/** Anywhere: published images of the corpus are so small that no mark occurs by chance. */
const archives = ["PK\x05\x06", "Rar!\x1a\x07", "7z\xbc\xaf\x27\x1c"];

/** Parts in the order in which a published image may have them. */
const forms: Record<string, RegExp> = {
  "image/png":
    /^(IHDR (sRGB )?(IDAT )+IEND|IHDR PLTE (tRNS )?(IDAT )+IEND|IHDR tRNS (IDAT )+IEND) exact$/,
  "image/webp": /^(VP8 |VP8L|VP8X( ALPH)? VP8 |VP8X VP8L|VP8X ANIM( ANMF\[(ALPH )?VP8[ L]\])+)$/,
  // JFIF, orientation, profile, Adobe; then tables, one frame and scans; nothing after the end
  "image/jpeg":
    /^d8 (JFIF )?(Orientation[2-8] )?(ICC )?(Adobe )?((db|c4|dd) )*c[012] ((db|c4|dd|da) )*da d9$/,
};

const readers: Record<string, (bytes: Buffer) => string | undefined> = {
  "image/png": pngParts,
  "image/webp": webpParts,
  "image/jpeg": jpegParts,
};

/** The types of the chunks, and whether IDAT is one zlib stream of exactly the rows that IHDR declares. */
function pngParts(bytes: Buffer): string | undefined {
  if (!bytes.subarray(0, 8).equals(signature)) return undefined;
  const types: string[] = [];
  const pixels: Buffer[] = [];
  for (let at = 8; at < bytes.length; ) {
    const end = at + 12 + bytes.readUInt32BE(at);
    if (end > bytes.length) return undefined;
    if (crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4)) return "wrong CRC";
    const type = bytes.toString("latin1", at + 4, at + 8);
    if (type === "IDAT") pixels.push(bytes.subarray(at + 8, end - 4));
    types.push(type);
    at = end;
  }
  const rows = inflatedExactly(Buffer.concat(pixels));
  const [depth, colour, , , interlace] = bytes.subarray(24, 29);
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const bits = depth! * channels[colour!]!;
  const rowBytes = 1 + Math.ceil((width * bits) / 8);
  const expected =
    interlace === 1
      ? rowSizes(width, height, bits, true).reduce((sum, row) => sum + row, 0)
      : rowBytes * height;
  return `${types.join(" ")} ${rows?.length === expected ? "exact" : "with hidden pixels"}`;
}

/** The types of the chunks, those in a frame in brackets; undefined when a length is wrong. */
function webpParts(bytes: Buffer): string | undefined {
  if (bytes.readUInt32LE(4) !== bytes.length - 8 || bytes.toString("latin1", 8, 12) !== "WEBP")
    return undefined;
  return riffChunks(bytes.subarray(12));
}

function riffChunks(bytes: Buffer): string | undefined {
  const types: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    const end = at + 8 + length;
    if (end + (length % 2) > bytes.length) return undefined;
    if (length % 2 === 1 && bytes[end] !== 0) return "padding that is not zero";
    const type = bytes.toString("latin1", at, at + 4);
    const inner = type === "ANMF" ? `[${riffChunks(bytes.subarray(at + 24, end))}]` : "";
    types.push(type + inner);
    at = end + (length % 2);
  }
  return types.join(" ");
}

/** The markers in hexadecimal, and what application segments are when they have their shortest form. */
function jpegParts(bytes: Buffer): string | undefined {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const marker = bytes[at + 1]!;
    if (bytes[at] !== 0xff) return undefined;
    if (marker === 0xd8 || marker === 0xd9) {
      parts.push(marker.toString(16));
      if (marker === 0xd9) return at + 2 === bytes.length ? parts.join(" ") : undefined;
      at += 2;
      continue;
    }
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    const data = bytes.subarray(at + 4, end);
    parts.push((marker & 0xf0) === 0xe0 ? application(marker, data) : marker.toString(16));
    at = end;
    if (marker !== 0xda) continue;
    while (at < bytes.length && !isMarker(bytes, at)) at += 1;
  }
  return undefined;
}

/** 0xff before 0 is data, and restart markers are within it. */
const isMarker = (bytes: Buffer, at: number) =>
  bytes[at] === 0xff && bytes[at + 1] !== 0 && (bytes[at + 1]! & 0xf8) !== 0xd0;

function application(marker: number, data: Buffer): string {
  const hex = data.toString("hex");
  if (marker === 0xe0 && /^4a46494600010[12]0[01][0-9a-f]{8}0000$/.test(hex)) return "JFIF";
  const orientation = /^4578696600004d4d002a00000008000101120003000000010([0-9a-f]{3})0{12}$/.exec(
    hex,
  );
  if (marker === 0xe1 && orientation) return `Orientation${Number.parseInt(orientation[1]!, 16)}`;
  const isOwnProfile =
    data.toString("latin1", 0, 14) === "ICC_PROFILE\0\x01\x01" && data.length < 600;
  if (marker === 0xe2 && isOwnProfile) return "ICC";
  if (marker === 0xee && /^41646f62650064[0]{8}0[0-2]$/.test(hex)) return "Adobe";
  return `e${marker & 15}:${hex.slice(0, 80)}`;
}
