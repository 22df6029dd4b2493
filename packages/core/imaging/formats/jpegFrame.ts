import type { HuffmanTable } from "./jpegHuffman.ts";
import { type Tables, useHuffmanTable, useQuantizationTable } from "./jpegTables.ts";

type Component = {
  id: number;
  /** The sampling factors: blocks across and down in an MCU. */
  across: number;
  down: number;
  /** The position of the last bit that a scan has coded, for each coefficient; -1 before the first. */
  codedTo: Int8Array;
};

/** Width and height in pixels, as the picture is stored. */
export type Frame = {
  width: number;
  height: number;
  isProgressive: boolean;
  components: Component[];
};

/** Reads a frame header (ISO/IEC 10918-1, B.2.2) of 8 bits and one or three components; undefined for others. */
export function readFrame(data: Buffer, tables: Tables, isProgressive: boolean): Frame | undefined {
  const count = data[5];
  if (data[0] !== 8 || (count !== 1 && count !== 3) || data.length !== 6 + 3 * count)
    return undefined;
  const components: Component[] = [];
  for (let at = 6; at < data.length; at += 3) {
    const [id, sampling, table] = [data[at]!, data[at + 1]!, data[at + 2]!];
    const [across, down] = [sampling >> 4, sampling & 15];
    if (across < 1 || across > 4 || down < 1 || down > 4) return undefined;
    if (components.some((other) => other.id === id)) return undefined;
    if (!useQuantizationTable(tables, table)) return undefined;
    components.push({ id, across, down, codedTo: new Int8Array(64).fill(-1) });
  }
  const [height, width] = [data.readUInt16BE(1), data.readUInt16BE(3)];
  return width > 0 && height > 0 ? { width, height, isProgressive, components } : undefined;
}

/** `dc` and `ac` are undefined where the scan needs no such table. */
export type Scan = {
  units: number;
  parts: { blocks: number; dc: HuffmanTable | undefined; ac: HuffmanTable | undefined }[];
};

/**
 * Reads a scan header (B.2.3): how many MCUs it has, and the blocks of each. Undefined when the scan does
 * not continue what earlier ones have coded (G.1.1.1), or needs tables that are missing or unusable.
 */
export function readScan(data: Buffer, frame: Frame, tables: Tables): Scan | undefined {
  const { components, isProgressive } = frame;
  const count = data[0] ?? 0;
  if (count < 1 || count > components.length || data.length !== 4 + 2 * count) return undefined;
  const [first, last, bits] = [...data.subarray(-3)] as [number, number, number];
  const coded = { first, last, high: bits >> 4, low: bits & 15 };
  if (!isRange(coded, isProgressive, count)) return undefined;

  const scanned: Component[] = [];
  const parts: Scan["parts"] = [];
  for (let at = 1; at <= 2 * count; at += 2) {
    const component = components.find(({ id }) => id === data[at]);
    if (!component || !advance(component, coded)) return undefined;
    const [dcNumber, acNumber] = [data[at + 1]! >> 4, data[at + 1]! & 15];
    const needsDc = first === 0 && coded.high === 0; // a refinement of DC is bare bits
    const needsAc = last > 0;
    const dc = needsDc ? useHuffmanTable(tables, "dc", dcNumber, isProgressive) : undefined;
    const ac = needsAc ? useHuffmanTable(tables, "ac", acNumber, isProgressive) : undefined;
    if ((needsDc && !dc) || (needsAc && !ac)) return undefined;
    scanned.push(component);
    parts.push({ blocks: count === 1 ? 1 : component.across * component.down, dc, ac });
  }
  const blocks = parts.reduce((sum, part) => sum + part.blocks, 0);
  return blocks <= maxBlocks ? { units: unitsOf(frame, scanned), parts } : undefined;
}

/** Of an MCU. */
const maxBlocks = 10;

/** Coefficients in zigzag order, and the positions of the last bit before (0: none was coded) and after. */
type Range = { first: number; last: number; high: number; low: number };

function isRange({ first, last, high, low }: Range, isProgressive: boolean, components: number) {
  if (!isProgressive) return first === 0 && last === 63 && high === 0 && low === 0;
  if (low > 13 || (high > 0 && high !== low + 1)) return false;
  return first === 0 ? last === 0 : first <= last && last <= 63 && components === 1;
}

/** Records what a scan codes of a component. False when it was coded before, or what must precede it was not. */
function advance({ codedTo }: Component, { first, last, high, low }: Range): boolean {
  if (codedTo[0] === -1 && first > 0) return false;
  const range = codedTo.subarray(first, last + 1);
  if (!range.every((bit) => bit === (high > 0 ? high : -1))) return false;
  range.fill(low);
  return true;
}

/** The MCUs of a scan (A.2): of one component, each is a block. */
function unitsOf({ width, height, components }: Frame, [only, ...others]: Component[]): number {
  const across = Math.max(...components.map((component) => component.across));
  const down = Math.max(...components.map((component) => component.down));
  const unit = others.length > 0 ? { across: 1, down: 1 } : only!;
  const columns = Math.ceil((width * unit.across) / (8 * across));
  return columns * Math.ceil((height * unit.down) / (8 * down));
}
