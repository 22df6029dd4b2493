/** `whole` is `data` with the length, the type and the CRC, which is not checked. Both are views. */
export type PngChunk = { type: string; data: Buffer; whole: Buffer };

/**
 * The chunks of a PNG up to `IEND`, which is the last (PNG specification, third edition, section 5). What
 * follows it is left out. Undefined when a chunk is cut off, `IEND` is missing, or there are over 10,000.
 */
export function pngChunks(bytes: Buffer): PngChunk[] | undefined {
  if (bytes.toString("latin1", 0, 8) !== "\x89PNG\r\n\x1a\n") return undefined;
  const chunks: PngChunk[] = [];
  for (let at = 8; at + 12 <= bytes.length && chunks.length < maxChunks; ) {
    const end = at + 12 + bytes.readUInt32BE(at);
    if (end > bytes.length) return undefined;
    const type = bytes.toString("latin1", at + 4, at + 8);
    chunks.push({ type, data: bytes.subarray(at + 8, end - 4), whole: bytes.subarray(at, end) });
    if (type === "IEND") return chunks;
    at = end;
  }
  return undefined;
}

/** A PNG without its `pHYs` chunk, for one that an encoder just wrote: it is changed in its memory. */
export function withoutResolution(bytes: Buffer): Buffer {
  const chunks = pngChunks(bytes) ?? [];
  const resolution = chunks.find(({ type }) => type === "pHYs")?.whole;
  if (!resolution) return bytes;
  const at = resolution.byteOffset - bytes.byteOffset;
  const { length } = resolution; // `resolution` is a view: what it shows changes here
  bytes.copyWithin(length, 0, at);
  return bytes.subarray(length);
}

/** Encoders write chunks of 8 KB: 2,500 for 20 MB. Walking millions of empty chunks would take seconds. */
const maxChunks = 10_000;
