import { crc32 } from "node:zlib";

/**
 * True when a PNG holds nothing but a picture: only `IHDR PLTE IDAT IEND tRNS pHYs sRGB`, each in a
 * legal place, every CRC right, and not a byte behind `IEND` (PNG specification, third edition,
 * section 5). Says nothing of the pixels: those are decoded elsewhere.
 */
export function isCleanPng(bytes: Buffer): boolean {
  if (bytes.length < 57 || bytes.toString("latin1", 0, 8) !== "\x89PNG\r\n\x1a\n") return false;

  const seen = new Set<string>();
  let last = "";
  let colourType = -1;
  for (let at = 8; at + 12 <= bytes.length; ) {
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
      colourType = data[9]!;
    } else if (!place.fits(data, colourType, seen)) return false;

    seen.add(type);
    last = type;
    at = end;
    if (type === "IEND") return at === bytes.length;
  }
  return false;
}

type Place = {
  /** Chunks this one may not follow. */
  before?: string[];
  fits(data: Buffer, colourType: number, seen: Set<string>): boolean;
};

const places: Record<string, Place> = {
  IHDR: { fits: () => true },
  sRGB: { before: ["PLTE", "IDAT"], fits: (data) => data.length === 1 && data[0]! <= 3 },
  pHYs: { before: ["IDAT"], fits: (data) => data.length === 9 && data[8]! <= 1 },
  PLTE: {
    before: ["tRNS", "IDAT"],
    fits: ({ length }, colourType) =>
      colourType !== grey &&
      colourType !== greyAlpha &&
      length > 0 &&
      length <= 768 &&
      length % 3 === 0,
  },
  tRNS: {
    before: ["IDAT"],
    fits: ({ length }, colourType, seen) =>
      (colourType === grey && length === 2) ||
      (colourType === rgb && length === 6) ||
      (colourType === indexed && seen.has("PLTE") && length > 0 && length <= 256),
  },
  IDAT: { fits: (_data, colourType, seen) => colourType !== indexed || seen.has("PLTE") },
  IEND: { fits: (data, _colourType, seen) => data.length === 0 && seen.has("IDAT") },
};

const [grey, rgb, indexed, greyAlpha, rgba] = [0, 2, 3, 4, 6] as const;

const bitDepths: Record<number, number[]> = {
  [grey]: [1, 2, 4, 8, 16],
  [rgb]: [8, 16],
  [indexed]: [1, 2, 4, 8],
  [greyAlpha]: [8, 16],
  [rgba]: [8, 16],
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
