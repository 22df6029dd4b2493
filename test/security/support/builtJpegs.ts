import fc from "fast-check";
import { noise } from "../hostile/byteHelpers.ts";

/** A sequential JPEG of random coefficients, coded bit by bit, with what is needed to check it so. */
export type BuiltJpeg = { bytes: Buffer; scans: BuiltScan[]; interval: number };

export type BuiltScan = {
  /** The offset in the file where the scan's data begins. */
  start: number;
  end: number;
  units: number;
  /** The tables of each block of an MCU. */
  blocks: Tables[];
};

type Tables = { dc: Codes; ac: Codes };
/** Symbols by their codes, strings of bits. */
type Codes = Map<string, number>;

export type JpegShape = {
  width: number;
  height: number;
  /** Of each component: blocks across and down in an MCU. */
  sampling: [across: number, down: number][];
  /** MCUs between restart markers; 0: no restart markers. */
  interval: number;
  /** Each component has a scan of its own. */
  isSplit: boolean;
  seed: string;
};

/** Small JPEGs: grey and colour, subsampled, with restart markers, of one scan or three. */
export function jpegShapes(): fc.Arbitrary<JpegShape> {
  const colour = (across: number, down: number): JpegShape["sampling"] => [
    [across, down],
    [1, 1],
    [1, 1],
  ];
  return fc.record({
    width: fc.integer({ min: 16, max: 50 }),
    height: fc.integer({ min: 16, max: 50 }),
    sampling: fc.constantFrom<JpegShape["sampling"][]>(
      ...[[[1, 1]] as JpegShape["sampling"], colour(1, 1), colour(2, 1)],
      ...[colour(2, 2), colour(1, 2)],
    ),
    interval: fc.constantFrom(0, 0, 1, 3, 10, 1_000),
    isSplit: fc.boolean(),
    seed: fc.string({ maxLength: 8 }),
  });
}

export function buildJpeg(shape: JpegShape): BuiltJpeg {
  const { width, height, sampling, interval, isSplit, seed } = shape;
  const random = randomNumbers(seed);
  const dc = huffman([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], random);
  const ac = huffman(acSymbols, random);
  const sizes = [(height >> 8) & 255, height & 255, (width >> 8) & 255, width & 255];
  const components = sampling.map(([across, down], index) => ({ id: index + 1, across, down }));
  const parts = [
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, Buffer.concat([Buffer.alloc(1), Buffer.alloc(64, 3)])),
    segment(
      0xc0,
      Buffer.from([
        ...[8, ...sizes, components.length],
        ...components.flatMap(({ id, across, down }) => [id, (across << 4) | down, 0]),
      ]),
    ),
    ...[segment(0xc4, dc.definition(0)), segment(0xc4, ac.definition(0x10))],
    ...(interval > 0 ? [segment(0xdd, Buffer.from([interval >> 8, interval & 255]))] : []),
  ];

  const [maxAcross, maxDown] = [0, 1].map((side) => Math.max(...sampling.map((of) => of[side]!)));
  const scans: BuiltScan[] = [];
  for (const scanned of isSplit ? components.map((each) => [each]) : [components]) {
    const isAlone = scanned.length === 1;
    const [right, down] = isAlone ? [scanned[0]!.across, scanned[0]!.down] : [1, 1];
    const columns = Math.ceil((width * right) / maxAcross! / 8);
    const units = columns * Math.ceil((height * down) / maxDown! / 8);
    const blocks = scanned.flatMap((each) =>
      Array.from({ length: isAlone ? 1 : each.across * each.down }, () => each),
    );
    const ids = scanned.flatMap(({ id }) => [id, 0]);
    parts.push(segment(0xda, Buffer.from([scanned.length, ...ids, 0, 63, 0])));
    const start = parts.reduce((sum, { length }) => sum + length, 0);
    const data = scanData({ units, interval, blocks: blocks.length, dc, ac, random });
    parts.push(data);
    const tables = blocks.map(() => ({ dc: dc.codes, ac: ac.codes }));
    scans.push({ start, end: start + data.length, units, blocks: tables });
  }
  return { bytes: Buffer.concat([...parts, Buffer.from([0xff, 0xd9])]), scans, interval };
}

/** Ends of blocks, 16 zeros, and runs of up to 15 zeros before a value of up to 10 bits. */
const acSymbols = [
  ...[0x00, 0x01, 0x11, 0x02, 0xf0],
  ...Array.from({ length: 160 }, (_, index) => ((index / 10) << 4) | ((index % 10) + 1)).filter(
    (symbol) => ![0x01, 0x11, 0x02].includes(symbol),
  ),
];

type Random = (below: number) => number;

function randomNumbers(seed: string): Random {
  const bytes = noise(`numbers ${seed}`, 40_000);
  let at = 0;
  return (below) => {
    at = (at + 2) % bytes.length;
    return bytes.readUInt16BE(at) % below;
  };
}

/** A table in which the first symbols have codes of a few bits, and the others of up to 16. */
function huffman(symbols: number[], random: Random) {
  const counts: number[] = Array(16).fill(0);
  const codes: Codes = new Map();
  let [code, length, left] = [0, 2, symbols.length];
  for (; left > 0; length += 1, code *= 2) {
    const free = 2 ** length - code - 1; // the code of ones is not allowed
    const isLast = length === 16 || left * 2 <= free;
    const count = isLast ? Math.min(left, free) : Math.min(random(3), free - 1, left);
    for (let index = 0; index < count; index += 1, code += 1, left -= 1)
      codes.set(code.toString(2).padStart(length, "0"), symbols[symbols.length - left]!);
    counts[length - 1] = count;
  }
  const bits = new Map([...codes].map(([bits, symbol]) => [symbol, bits]));
  const definition = (id: number) => Buffer.from([id, ...counts, ...codes.values()]);
  return { codes, definition, bitsOf: (symbol: number) => bits.get(symbol)! };
}

type Huffman = ReturnType<typeof huffman>;
type ScanParts = Pick<JpegShape, "interval"> & {
  units: number;
  blocks: number;
  dc: Huffman;
  ac: Huffman;
  random: Random;
};

function scanData({ units, interval, blocks, dc, ac, random }: ScanParts): Buffer {
  const value = (bits: number) => Array.from({ length: bits }, () => random(2)).join("");
  const block = () => {
    const dcBits = random(4);
    let bits = dc.bitsOf(dcBits) + value(dcBits);
    let filled = 1;
    for (let count = random(10) > 0 ? random(9) : 64; count > 0 && filled < 64; count -= 1) {
      const symbol = acSymbols[1 + (random(4) > 0 ? random(3) : random(acSymbols.length - 1))]!;
      if (filled + (symbol >> 4) + 1 > 64) continue;
      bits += ac.bitsOf(symbol) + value(symbol & 15);
      filled += (symbol >> 4) + 1;
    }
    return filled < 64 ? bits + ac.bitsOf(0) : bits;
  };

  const intervals: Buffer[] = [];
  for (let unit = 0; unit < units; unit += interval || units) {
    const count = Math.min(interval || units, units - unit) * blocks;
    const bits = Array.from({ length: count }, block).join("");
    const marker = Buffer.from([0xff, 0xd0 + (intervals.length & 7)]);
    const isLast = unit + (interval || units) >= units;
    intervals.push(Buffer.concat([stuffed(bits), isLast ? Buffer.alloc(0) : marker]));
  }
  return Buffer.concat(intervals);
}

/** Bits as bytes, padded with ones, with a zero after each 0xff. */
const stuffed = (bits: string) =>
  Buffer.from(
    (bits.match(/.{1,8}/g) ?? [])
      .map((byte) => Number.parseInt(byte.padEnd(8, "1"), 2))
      .flatMap((byte) => (byte === 0xff ? [0xff, 0] : [byte])),
  );

export function segment(marker: number, data: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
}

/** Where the marker after a scan is, when its data is exactly its codes as read bit by bit; else undefined. */
export function endOfScanSlowly(
  bytes: Buffer,
  { start, units, blocks }: BuiltScan,
  interval: number,
): number | undefined {
  let left = units;
  let at = start;
  for (let restarts = 0; ; restarts += 1) {
    let bits = "";
    for (; at + 1 < bytes.length; at += 1) {
      if (bytes[at] === 0xff && bytes[at + 1] !== 0) break;
      bits += bytes[at]!.toString(2).padStart(8, "0");
      if (bytes[at] === 0xff) at += 1;
    }
    if (at + 1 >= bytes.length) return undefined;
    const here = Math.min(left, interval || units);
    const rest = here > 0 ? bitsAfter(bits, here, blocks) : undefined;
    if (rest === undefined || rest.length > 7 || /01|10/.test(rest)) return undefined;
    left -= here;
    if (bytes[at + 1] !== 0xd0 + (restarts & 7)) return left === 0 ? at : undefined;
    at += 2;
  }
}

function bitsAfter(bits: string, units: number, blocks: Tables[]): string | undefined {
  let at = 0;
  const symbol = (codes: Codes) => {
    for (let length = 1; length <= 16; length += 1) {
      const found = codes.get(bits.slice(at, at + length));
      if (found === undefined) continue;
      at += length + (found & 15);
      return found;
    }
    return undefined;
  };
  for (let unit = 0; unit < units; unit += 1)
    for (const { dc, ac } of blocks) {
      if (symbol(dc) === undefined) return undefined;
      for (let filled = 1; filled < 64; ) {
        const found = symbol(ac);
        if (found === undefined) return undefined;
        filled = found === 0 ? 64 : filled + (found >> 4) + 1;
        if (filled > 64) return undefined;
      }
      if (at > bits.length) return undefined;
    }
  return bits.slice(at);
}
