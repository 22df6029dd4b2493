import { endOfBlock, type Lookup, multipleBits } from "./jpegHuffman.ts";

/** What a scan codes: `units` MCUs, each with these blocks, and a restart marker after every `interval` (0: none). */
export type ScanShape = { units: number; interval: number };
export type SequentialScan = ScanShape & { blocks: { dc: Lookup; ac: Lookup }[] };

/**
 * Where the marker after a sequential scan is (ISO/IEC 10918-1, annex F), after going over all its Huffman
 * codes without computing a coefficient. Undefined unless the codes exist, fill every block and end in the
 * byte before each marker, in bits that are all 0 or all 1. Decoders stop at the last block without a
 * warning, so megabytes could hide behind it, and a missing end would be shown in grey. Takes time linear in
 * the bytes from `start` to the marker.
 */
export function endOfSequentialScan(
  bytes: Buffer,
  start: number,
  { units, interval, blocks }: SequentialScan,
): number | undefined {
  const scan = unstuff(bytes, start);
  if (!scan || scan.ends.length !== intervals({ units, interval })) return undefined;
  const { data, ends, end } = scan;
  const view = new DataView(data.buffer, data.byteOffset, data.length);

  let bit = 0;
  let left = units;
  for (const byteEnd of ends) {
    const unitsHere = Math.min(left, interval || units);
    bit = endOfUnits(view, bit, byteEnd * 8, unitsHere, blocks);
    const padding = byteEnd * 8 - bit;
    if (bit < 0 || padding > 7 || !isPadding(data[byteEnd - 1]!, padding)) return undefined;
    bit = byteEnd * 8;
    left -= unitsHere;
  }
  return end;
}

/**
 * Where the marker after a progressive scan is. Undefined unless it has exactly its restart markers. The
 * codes are not checked: unlike with a sequential scan, libjpeg reads on to the end of the file and warns
 * about more than about 2 bytes after a scan.
 */
export function endOfProgressiveScan(
  bytes: Buffer,
  start: number,
  shape: ScanShape,
): number | undefined {
  let restarts = 0;
  for (let at = bytes.indexOf(0xff, start); at >= 0; at = bytes.indexOf(0xff, at + 2)) {
    const marker = bytes[at + 1];
    if (marker === stuffing) continue;
    if (marker !== firstRestart + (restarts & 7))
      return marker !== undefined && restarts + 1 === intervals(shape) ? at : undefined;
    restarts += 1;
  }
  return undefined;
}

const stuffing = 0;
const firstRestart = 0xd0;

const intervals = ({ units, interval }: ScanShape) => (interval ? Math.ceil(units / interval) : 1);

/** The bit after the last code of these units; -1 when they are not coded so, or are beyond `endBit`. */
function endOfUnits(
  view: DataView,
  startBit: number,
  endBit: number,
  units: number,
  blocks: SequentialScan["blocks"],
): number {
  let bit = startBit;
  for (let unit = 0; unit < units; unit += 1)
    for (let index = 0; index < blocks.length; index += 1) {
      const { dc, ac } = blocks[index]!;
      const first = dc.single[next25(view, bit) >>> 16]!;
      if (first === 0) return -1;
      bit = endOfCoefficients(view, bit + (first & 255), ac);
      if (bit < 0 || bit > endBit) return -1;
    }
  return bit;
}

/** The bit after the last of a block's codes of the coefficients 1 to 63; -1 when one does not exist. */
function endOfCoefficients(view: DataView, startBit: number, { single, multiple }: Lookup) {
  let bit = startBit;
  let filled = 1 << 8; // the number of coefficients times 256, as in the tables
  while (filled < blockIsFull) {
    const bits = next25(view, bit);
    const entry = multiple[bits >>> (32 - multipleBits)]!;
    if (isUsable(entry, filled)) {
      bit += entry & 255;
      filled += entry & ~255;
      // enough bits are left for a second look at the table, which saves waiting for memory
      if ((entry & 255) > 25 - multipleBits || filled >= blockIsFull) continue;
      const second = multiple[(bits << (entry & 255)) >>> (32 - multipleBits)]!;
      if (!isUsable(second, filled)) continue;
      bit += second & 255;
      filled += second & ~255;
    } else {
      const one = single[bits >>> 16]!;
      if (one === 0) return -1;
      bit += one & 255;
      filled += one & ~255;
    }
  }
  return filled === blockIsFull || filled >= endOfBlock ? bit : -1;
}

/** False when several codes would reach into the next block, or none is whole in so few bits. */
function isUsable(entry: number, filled: number): boolean {
  const after = filled + (entry & ~255);
  return entry !== 0 && (after <= blockIsFull || (after & (endOfBlock - 1)) < blockIsFull);
}

const blockIsFull = 64 << 8;

/** A block of 64 codes has at most 216 bytes: so far, reading runs past the end before it is noticed. */
const readAhead = 256;

/** The next 25 bits or more, from the highest of 32 down. */
const next25 = (view: DataView, bit: number) => view.getUint32(bit >>> 3) << (bit & 7);

/** Whether the last bits of a byte are equal. */
const isPadding = (byte: number, bits: number) => {
  const ones = (1 << bits) - 1;
  return (byte & ones) === ones || (byte & ones) === 0;
};

/**
 * A scan without its stuffed zeros and restart markers, followed by zeros to read ahead in. `ends`: of its
 * restart intervals in `data`; `end`: of the scan in `bytes`. Undefined when restart markers are out of
 * order or no marker follows.
 */
function unstuff(bytes: Buffer, start: number) {
  const data = Buffer.allocUnsafe(bytes.length - start + readAhead);
  const ends: number[] = [];
  let to = 0;
  for (let at = start; ; ) {
    // a photo has about 200 bytes between two of these; byte by byte where they are dense
    let next = at;
    const near = Math.min(at + 32, bytes.length);
    while (next < near && bytes[next] !== 0xff) data[to++] = bytes[next++]!;
    if (next === near) {
      next = bytes.indexOf(0xff, near);
      if (next < 0) return undefined;
      to += bytes.copy(data, to, near, next);
    }
    const marker = bytes[next + 1];
    at = next + 2;
    if (marker === stuffing) data[to++] = 0xff;
    else {
      ends.push(to);
      if (marker === firstRestart + ((ends.length - 1) & 7)) continue;
      if (marker === undefined) return undefined;
      return { data: data.fill(0, to, to + readAhead), ends, end: next };
    }
  }
}
