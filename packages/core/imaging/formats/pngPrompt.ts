import { crc32, inflateSync } from "node:zlib";
import { isStorable } from "@keepsake/contract/storableText";
import { type PngChunk, pngChunks } from "./pngChunks.ts";

/**
 * The text that image generators write under the keyword `parameters` of a PNG: the prompt and its settings.
 * Reads `tEXt`, `zTXt` and `iTXt` (PNG specification, third edition, section 11.3.3). Undefined when there
 * is none, or it is damaged, cannot be stored, or has over 64 KB.
 */
export function pngPrompt(bytes: Buffer): string | undefined {
  const chunk = pngChunks(bytes)?.find(
    ({ type, data }) => readers[type] && data.toString("latin1", 0, keyword.length) === keyword,
  );
  if (!chunk || crc32(chunk.whole.subarray(4, -4)) !== crcOf(chunk)) return undefined;
  const text = readers[chunk.type]!(chunk.data.subarray(keyword.length));
  if (text === undefined || text.length > maxBytes) return undefined;
  const decoded = decode(text).trim();
  return decoded !== "" && isStorable(decoded) ? decoded : undefined;
}

const keyword = "parameters\0";
const maxBytes = 65_536;

const crcOf = ({ whole }: PngChunk) => whole.readUInt32BE(whole.length - 4);

/** The bytes of the text, from the data after the keyword. */
const readers: Record<string, (data: Buffer) => Buffer | undefined> = {
  tEXt: (data) => data,
  zTXt: (data) => (data[0] === 0 ? inflated(data.subarray(1)) : undefined),
  iTXt: (data) => {
    const [isCompressed, method] = data;
    const language = data.indexOf(0, 2);
    const translated = language < 0 ? -1 : data.indexOf(0, language + 1);
    if (translated < 0) return undefined;
    const text = data.subarray(translated + 1);
    if (isCompressed === 0) return text;
    return isCompressed === 1 && method === 0 ? inflated(text) : undefined;
  },
};

function inflated(data: Buffer): Buffer | undefined {
  try {
    return inflateSync(data, { maxOutputLength: maxBytes });
  } catch {
    return undefined; // damaged or too long
  }
}

/** UTF-8, which many generators write where the specification says Latin-1, else Latin-1. */
function decode(text: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(text);
  } catch {
    return text.toString("latin1");
  }
}
