import { type HuffmanTable, isHuffmanTable } from "./jpegHuffman.ts";

/**
 * The tables that a JPEG has defined so far, by the byte that names them in their segment. A table that no
 * frame or scan uses before the end, or before another replaces it, could contain anything.
 */
export type Tables = {
  quantization: Map<number, { isUsed: boolean }>;
  huffman: Map<number, HuffmanTable & { isUsed: boolean }>;
};

export const noTables = (): Tables => ({ quantization: new Map(), huffman: new Map() });

/** Adds those of a DQT segment (ISO/IEC 10918-1, B.2.4.1). False unless they are of 8 bits and replace used ones. */
export function addQuantizationTables({ quantization }: Tables, data: Buffer): boolean {
  for (let at = 0; at < data.length; at += 65) {
    const id = data[at]!;
    const values = data.subarray(at + 1, at + 65);
    if (id > 3 || values.length < 64 || values.includes(0)) return false;
    if (quantization.get(id)?.isUsed === false) return false;
    quantization.set(id, { isUsed: false });
  }
  return data.length > 0;
}

/** Adds those of a DHT segment (B.2.4.2). False when it is malformed or they replace unused ones. */
export function addHuffmanTables({ huffman }: Tables, data: Buffer): boolean {
  for (let at = 0, end: number; at < data.length; at = end) {
    const id = data[at]!;
    const counts = data.subarray(at + 1, at + 17);
    end = at + 17 + counts.reduce((sum, count) => sum + count, 0);
    if ((id & 0xec) !== 0 || end > data.length) return false; // the class in one bit, the number in two
    if (huffman.get(id)?.isUsed === false) return false;
    const symbols = data.subarray(at + 17, end);
    huffman.set(id, { class: id & acClass ? "ac" : "dc", counts, symbols, isUsed: false });
  }
  return data.length > 0;
}

/** Marks a quantization table as used; false when it does not exist. */
export function useQuantizationTable({ quantization }: Tables, id: number): boolean {
  const table = quantization.get(id);
  if (table) table.isUsed = true;
  return table !== undefined;
}

/** Marks a Huffman table as used; undefined when it does not exist or cannot be used. */
export function useHuffmanTable(
  { huffman }: Tables,
  tableClass: HuffmanTable["class"],
  number: number,
  isProgressive: boolean,
): HuffmanTable | undefined {
  const table = huffman.get(number | (tableClass === "ac" ? acClass : 0));
  if (!table || !isHuffmanTable(table, isProgressive)) return undefined;
  table.isUsed = true;
  return table;
}

export const allAreUsed = ({ quantization, huffman }: Tables): boolean =>
  [...quantization.values(), ...huffman.values()].every(({ isUsed }) => isUsed);

const acClass = 0x10;
