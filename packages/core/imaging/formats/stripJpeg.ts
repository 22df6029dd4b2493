import { endOfProgressiveScan, endOfSequentialScan } from "./jpegEntropy.ts";
import { type Frame, readFrame, readScan, type Scan } from "./jpegFrame.ts";
import { type HuffmanTable, type Lookup, lookupOf } from "./jpegHuffman.ts";
import { type Application, canonicalMetadata, hasGainMap } from "./jpegMetadata.ts";
import {
  addHuffmanTables,
  addQuantizationTables,
  allAreUsed,
  noTables,
  type Tables,
} from "./jpegTables.ts";

/** Width and height in pixels, as the picture is displayed. `bytes` is the given buffer when nothing changed. */
export type StrippedJpeg = { bytes: Buffer; width: number; height: number; orientation: number };

/**
 * A JPEG's own picture and nothing else (ISO/IEC 10918-1, annex B): its tables, frame and scans byte for
 * byte, its metadata in one canonical form, no comments, and nothing after its end. Undefined when it is not
 * of the plainest kind (Huffman coding, 8 bits, SOF0 to SOF2, one or three components, at most 52 megapixels
 * and 100 scans that each code what earlier ones did not, no fill bytes, no unused tables), is damaged, or
 * hides data: it must then be encoded anew. Takes time linear in its bytes. Decode all of the result as
 * well, warnings as errors: of a progressive scan, unlike a sequential one, the codes are not checked here.
 */
export function stripJpeg(bytes: Buffer): StrippedJpeg | undefined {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined;
  const picture: Picture = { tables: noTables(), scans: 0 };
  const kept: Buffer[] = [];
  const applications: Application[] = [];

  for (let at = 2; at + 2 <= bytes.length; ) {
    const marker = bytes[at + 1]!;
    if (bytes[at] !== 0xff) return undefined;
    if (marker === endOfImage) {
      if (hasGainMap(bytes.subarray(at + 2))) return undefined;
      return strippedOf(bytes, picture, kept, applications);
    }
    const segment = readSegment(bytes, at);
    if (!segment) return undefined;
    let { data, end } = segment;

    if (isApplication(marker)) {
      // decoders differ in whether they read it after a scan
      if (picture.scans > 0 || applications.length === maxApplications) return undefined;
      applications.push({ marker, data });
    } else if (marker !== comment) {
      const next = take(picture, marker, data) ? endOfScan(bytes, end, picture) : undefined;
      if (next === undefined) return undefined;
      kept.push(bytes.subarray(at, next));
      end = next;
    }
    at = end;
  }
  return undefined;
}

/** What was read so far. `scan` is the one whose data follows. */
type Picture = {
  tables: Tables;
  frame?: Frame;
  interval?: { units: number; isUsed: boolean };
  scan?: Scan | undefined;
  scans: number;
};

/** The data of the segment at a marker, without its length, and where it ends. */
function readSegment(bytes: Buffer, at: number) {
  if (at + 4 > bytes.length) return undefined;
  const end = at + 2 + bytes.readUInt16BE(at + 2);
  const isWhole = end >= at + 4 && end <= bytes.length;
  return isWhole ? { data: bytes.subarray(at + 4, end), end } : undefined;
}

/** Takes a segment of the picture; false when it is not allowed where it is. */
function take(picture: Picture, marker: number, data: Buffer): boolean {
  const { tables, frame, interval } = picture;
  switch (marker) {
    case quantizationTables:
      return !frame && addQuantizationTables(tables, data); // the frame names those that it uses
    case huffmanTables:
      return addHuffmanTables(tables, data);
    case restartInterval:
      if (data.length !== 2 || interval?.isUsed === false) return false;
      picture.interval = { units: data.readUInt16BE(0), isUsed: false };
      return true;
    case baselineFrame:
    case extendedFrame:
    case progressiveFrame: {
      const read = frame ? undefined : readFrame(data, tables, marker === progressiveFrame);
      if (!read || read.width * read.height > maxPixels) return false;
      picture.frame = read;
      return true;
    }
    case startOfScan:
      picture.scans += 1;
      picture.scan = frame && readScan(data, frame, tables);
      if (interval) interval.isUsed = true;
      return picture.scan !== undefined && picture.scans <= maxScans;
    default:
      return false;
  }
}

/** As many as `sanitizeImage` decodes. */
const maxScans = 100;
/** More than any accepted JPEG has. */
const maxPixels = 52_000_000;
/** A colour profile of 16 MB takes 255 segments. */
const maxApplications = 1_000;

/** Where the data ends that follows a segment: at once, unless the segment began a scan. */
function endOfScan(bytes: Buffer, at: number, picture: Picture): number | undefined {
  const { scan, frame } = picture;
  picture.scan = undefined;
  if (!scan) return at;
  const shape = { units: scan.units, interval: picture.interval?.units ?? 0 };
  if (frame?.isProgressive) return endOfProgressiveScan(bytes, at, shape);

  const lookups = new Map<HuffmanTable, Lookup>();
  const lookup = (table: HuffmanTable) =>
    lookups.get(table) ?? lookups.set(table, lookupOf(table)).get(table)!;
  const blocks = scan.parts.flatMap(({ blocks, dc, ac }) =>
    Array.from({ length: blocks }, () => ({ dc: lookup(dc!), ac: lookup(ac!) })),
  );
  return endOfSequentialScan(bytes, at, { ...shape, blocks });
}

function strippedOf(
  bytes: Buffer,
  { frame, tables, interval }: Picture,
  kept: Buffer[],
  applications: Application[],
): StrippedJpeg | undefined {
  const isScanned = frame?.components.every(({ codedTo }) => codedTo[0] !== -1);
  if (!frame || !isScanned || !allAreUsed(tables) || interval?.isUsed === false) return undefined;
  const ids = frame.components.map(({ id }) => id);
  const metadata = canonicalMetadata(applications, ids);
  if (!metadata) return undefined;

  const { orientation, segments } = metadata;
  const [width, height] =
    orientation > 4 ? [frame.height, frame.width] : [frame.width, frame.height];
  const parts = [start, ...segments, ...kept, end];
  return {
    bytes: isMadeOf(bytes, parts) ? bytes : Buffer.concat(parts),
    width,
    height,
    orientation,
  };
}

/** Whether these parts, one after the other, are the whole file. Those that lie in it where they belong are not compared. */
function isMadeOf(file: Buffer, parts: Buffer[]): boolean {
  let at = 0;
  for (const part of parts) {
    const isInPlace = part.buffer === file.buffer && part.byteOffset === file.byteOffset + at;
    if (!isInPlace && !part.equals(file.subarray(at, at + part.length))) return false;
    at += part.length;
  }
  return at === file.length;
}

const quantizationTables = 0xdb;
const huffmanTables = 0xc4;
const restartInterval = 0xdd;
const baselineFrame = 0xc0;
const extendedFrame = 0xc1;
const progressiveFrame = 0xc2;
const startOfScan = 0xda;
const endOfImage = 0xd9;
const comment = 0xfe;
const isApplication = (marker: number) => marker >= 0xe0 && marker <= 0xef;

const start = Buffer.from([0xff, 0xd8]);
const end = Buffer.from([0xff, endOfImage]);
