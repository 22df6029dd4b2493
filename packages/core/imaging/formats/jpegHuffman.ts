/** A table of a DHT segment: how many codes of each length it has, 1 to 16 bits, and their symbols in order. */
export type HuffmanTable = { class: "dc" | "ac"; counts: Buffer; symbols: Buffer };

/**
 * Whether a table defines codes for an 8-bit picture (ISO/IEC 10918-1, annex C, F.1.2 and G.1.2): the codes
 * exist, and no symbol occurs twice or is one that such pictures do not have. A table could otherwise
 * contain 255 bytes of anything.
 */
export function isHuffmanTable(table: HuffmanTable, isProgressive: boolean): boolean {
  const { counts, symbols } = table;
  let code = 0; // after the last of each length
  for (const [index, count] of counts.entries()) {
    code = code * 2 + count;
    if (count > 0 && code >= 2 ** (index + 1)) return false; // no code has only ones
  }
  return (
    symbols.length > 0 &&
    new Set(symbols).size === symbols.length &&
    symbols.every((symbol) => isSymbol(symbol, table.class, isProgressive))
  );
}

/** A DC symbol is the bits of a difference, an AC symbol a run of zeros (4 bits) and the bits of a value. */
function isSymbol(symbol: number, tableClass: HuffmanTable["class"], isProgressive: boolean) {
  if (tableClass === "dc") return symbol <= 11;
  const valueBits = symbol & 15;
  if (valueBits > 0) return valueBits <= 10;
  return isProgressive || symbol === endOfBlockSymbol || symbol === sixteenZeros;
}

/**
 * A table as entries by the next bits of a sequential scan. An entry is the bits that a code takes together
 * with the value after it, plus 256 for each coefficient that it fills, plus `endOfBlock` when it fills all
 * that are left; 0 where no code begins so.
 */
export type Lookup = {
  /** One code, by the next 16 bits. */
  single: Uint16Array;
  /** All the codes that are whole within the next `multipleBits`: about two in a photo. */
  multiple: Uint16Array;
};

export const multipleBits = 13;
export const endOfBlock = 128 << 8;

/** The entries of a table that `isHuffmanTable`. */
export function lookupOf({ counts, symbols, ...table }: HuffmanTable): Lookup {
  const single = new Uint16Array(65_536);
  let code = 0;
  let next = 0;
  for (let length = 1; length <= 16; length += 1, code <<= 1)
    for (let left = counts[length - 1]!; left > 0; left -= 1, code += 1, next += 1) {
      const symbol = symbols[next]!;
      const entry = length + (symbol & 15) + filledBy(symbol, table.class);
      single.fill(entry, code << (16 - length), (code + 1) << (16 - length));
    }
  return { single, multiple: table.class === "ac" ? combined(single) : single };
}

function filledBy(symbol: number, tableClass: HuffmanTable["class"]) {
  if (tableClass === "dc") return 1 << 8;
  return symbol === endOfBlockSymbol ? endOfBlock : ((symbol >> 4) + 1) << 8;
}

const endOfBlockSymbol = 0;
const sixteenZeros = 0xf0;

/** For every value of `multipleBits` bits: the sum of the entries of its complete codes, up to the end of a block. */
function combined(single: Uint16Array): Uint16Array {
  const multiple = new Uint16Array(1 << multipleBits);
  for (let bits = 0; bits < multiple.length; bits += 1) {
    let sum = 0;
    for (let used = 0; used < multipleBits && sum < endOfBlock; ) {
      const entry = single[((bits << (16 - multipleBits)) << used) & 0xffff]!;
      used += entry & 255;
      const isFull = entry < endOfBlock && sum + entry >= 64 << 8;
      if (entry === 0 || used > multipleBits || isFull) break;
      sum += entry;
    }
    multiple[bits] = sum;
  }
  return multiple;
}
