import { crc32, createInflate } from "node:zlib";

/**
 * True when a PNG has only the chunks of a picture: `IHDR PLTE IDAT IEND tRNS pHYs sRGB`, each in a legal
 * place, with the right CRC, and no byte after `IEND` (PNG specification, third edition, section 5). Does
 * not check the contents of IDAT: `holdsOnlyPixels` does.
 */
export function hasOnlyPictureChunks(bytes: Buffer): boolean {
  if (bytes.length < 57 || bytes.toString("latin1", 0, 8) !== "\x89PNG\r\n\x1a\n") return false;

  const seen = new Set<string>();
  let last = "";
  let shape: Shape = { colourType: -1, depth: 0, paletteEntries: 0 };
  for (let at = 8, count = 0; at + 12 <= bytes.length; count += 1) {
    if (count === maxChunks) return false;
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    const end = at + 12 + length;
    if (end > bytes.length) return false;
    const data = bytes.subarray(at + 8, end - 4);
    if (crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4)) return false;

    const place = places[type];
    if (!place) return false;
    if (seen.has(type) && !(type === "IDAT" && last === "IDAT")) return false;
    if (type !== "IHDR" && !seen.has("IHDR")) return false;
    if (place.before?.some((later) => seen.has(later))) return false;
    if (type === "IHDR") {
      if (!isHeader(data)) return false;
      shape = { colourType: data[9]!, depth: data[8]!, paletteEntries: 0 };
    } else if (!place.fits(data, shape, seen)) return false;
    if (type === "PLTE") shape.paletteEntries = length / 3;

    seen.add(type);
    last = type;
    at = end;
    if (type === "IEND") return at === bytes.length;
  }
  return false;
}

/** Encoders write chunks of 8 KB: 2,500 for 20 MB. Walking millions of empty chunks would take seconds. */
const maxChunks = 10_000;

/**
 * True when the IDAT chunks of such a PNG hold exactly one zlib stream, checksum included, of exactly its
 * rows, each with a filter type that exists, and state the largest window or one as large as the rows: libpng
 * fails where the stream reaches back further, which inflating large pieces does not notice. Only colours
 * missing from the palette can then still fail to decode. Decoders skip bytes after the stream and after its last row, where a whole archive could hide.
 */
export async function holdsOnlyPixels(bytes: Buffer): Promise<boolean> {
  const parts = pixelsOf(bytes);
  const packed = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  const passes = passesOf(bytes.subarray(16, 29));
  const expected = passes.reduce((sum, { rows, rowBytes }) => sum + rows * rowBytes, 0);
  const window = windowOf(packed);
  if (window < maxWindow && window < expected) return false;
  const filters = filterPlaces(passes);
  let filter = filters.next();
  // each output chunk costs a thread switch, so few large ones; windowBits 0: as the stream's header says
  const inflate = createInflate({ chunkSize: 262_144, windowBits: 0 });
  let inflated = 0;
  try {
    inflate.end(packed);
    for await (const part of inflate as AsyncIterable<Buffer>) {
      for (; !filter.done && filter.value < inflated + part.length; filter = filters.next())
        if (part[filter.value - inflated]! > lastFilter) return false;
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

/** Whether a PNG's pixels are indexes into its palette. */
export const isIndexed = (bytes: Buffer): boolean => bytes[25] === indexed;

/** Filter types are none, sub, up, average and Paeth. */
const lastFilter = 4;

/** The offset of each row's filter type byte in the inflated data. */
function* filterPlaces(passes: Pass[]): Generator<number, void> {
  let place = 0;
  for (const { rows, rowBytes } of passes)
    for (let row = 0; row < rows; row += 1, place += rowBytes) yield place;
}

function pixelsOf(bytes: Buffer): Buffer[] {
  const pixels: Buffer[] = [];
  for (let at = 8, end: number; at < bytes.length; at = end) {
    end = at + 12 + bytes.readUInt32BE(at);
    if (bytes.toString("latin1", at + 4, at + 8) === "IDAT")
      pixels.push(bytes.subarray(at + 8, end - 4));
  }
  return pixels;
}

/** `rowBytes` includes the filter type byte. */
type Pass = { rows: number; rowBytes: number };

/** The passes of a PNG with this header, in the order of the data. */
function passesOf(header: Buffer): Pass[] {
  const [depth, colourType, , , interlace] = header.subarray(8);
  const bits = depth! * channels[colourType!]!;
  const passes = interlace === 1 ? adam7 : [[0, 0, 1, 1] as const];
  return passes.flatMap(([left, top, right, down]) => {
    const width = Math.ceil((header.readUInt32BE(0) - left) / right);
    const rows = Math.ceil((header.readUInt32BE(4) - top) / down);
    return width > 0 && rows > 0 ? [{ rows, rowBytes: 1 + Math.ceil((width * bits) / 8) }] : [];
  });
}

/** Adam7 interlacing: the first column and row of each pass, and its steps to the right and down. */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

type Shape = { colourType: number; depth: number; paletteEntries: number };

type Place = {
  /** Chunks that must not come before this one. */
  before?: string[];
  fits(data: Buffer, shape: Shape, seen: Set<string>): boolean;
};

const places: Record<string, Place> = {
  IHDR: { fits: () => true },
  sRGB: { before: ["PLTE", "IDAT"], fits: (data) => data.length === 1 && data[0]! <= 3 },
  pHYs: { before: ["IDAT"], fits: (data) => data.length === 9 && data[8]! <= 1 },
  PLTE: {
    before: ["tRNS", "IDAT"],
    fits: ({ length }, { colourType, depth }) =>
      colourType !== grey &&
      colourType !== greyAlpha &&
      length > 0 &&
      length <= 3 * 2 ** (colourType === indexed ? depth : 8) &&
      length % 3 === 0,
  },
  tRNS: {
    before: ["IDAT"],
    fits: ({ length }, { colourType, paletteEntries }) =>
      (colourType === grey && length === 2) ||
      (colourType === rgb && length === 6) ||
      (colourType === indexed && length > 0 && length <= paletteEntries),
  },
  IDAT: { fits: (_data, { colourType }, seen) => colourType !== indexed || seen.has("PLTE") },
  IEND: { fits: (data, _shape, seen) => data.length === 0 && seen.has("IDAT") },
};

const [grey, rgb, indexed, greyAlpha, rgba] = [0, 2, 3, 4, 6] as const;

const bitDepths: Record<number, number[]> = {
  [grey]: [1, 2, 4, 8, 16],
  [rgb]: [8, 16],
  [indexed]: [1, 2, 4, 8],
  [greyAlpha]: [8, 16],
  [rgba]: [8, 16],
};

const channels: Record<number, number> = {
  [grey]: 1,
  [rgb]: 3,
  [indexed]: 1,
  [greyAlpha]: 2,
  [rgba]: 4,
};

function isHeader(data: Buffer) {
  if (data.length !== 13) return false;
  const [depth, colourType, compression, filter, interlace] = data.subarray(8);
  return (
    data.readUInt32BE(0) > 0 &&
    data.readUInt32BE(4) > 0 &&
    bitDepths[colourType!]?.includes(depth!) === true &&
    compression === 0 &&
    filter === 0 &&
    interlace! <= 1
  );
}
