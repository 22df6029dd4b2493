import { crc32, inflateSync } from "node:zlib";
import { signature } from "../../support/images.ts";

/** The chunk types without which a picture may look different. */
export const pictureChunks = ["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "pHYs", "sRGB"];

/** The pairs of bit depth and colour type that the PNG specification allows. */
export const kinds: [depth: number, colour: number][] = [
  ...[1, 2, 4, 8, 16].map((depth): [number, number] => [depth, 0]),
  ...[8, 16].flatMap((depth): [number, number][] => [2, 4, 6].map((colour) => [depth, colour])),
  ...[1, 2, 4, 8].map((depth): [number, number] => [depth, 3]),
];

/** Channels by colour type. */
export const channels: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/**
 * Whether a PNG is of the plainest kind and only a picture, checked rule by rule as the PNG specification has
 * them: 8 bits, grey, RGB or RGBA, not interlaced, its chunks in order, one zlib stream of exactly its rows.
 */
export function isPlainPng(bytes: Buffer): boolean {
  if (!bytes.subarray(0, 8).equals(signature)) return false;
  const chunks: { type: string; data: Buffer }[] = [];
  for (let rest = bytes.subarray(8); rest.length > 0; ) {
    if (rest.length < 12) return false;
    const length = rest.readUInt32BE(0);
    if (rest.length < length + 12) return false;
    if (crc32(rest.subarray(4, 8 + length)) !== rest.readUInt32BE(8 + length)) return false;
    chunks.push({ type: rest.toString("latin1", 4, 8), data: rest.subarray(8, 8 + length) });
    rest = rest.subarray(12 + length);
  }
  const order = chunks.map(({ type }) => type).join(" ");
  if (!/^IHDR (sRGB )?(IDAT )+IEND$/.test(order)) return false;
  const all = (type: string) =>
    Buffer.concat(chunks.filter((chunk) => chunk.type === type).map(({ data }) => data));

  const ihdr = all("IHDR");
  if (ihdr.length !== 13) return false;
  const [width, height] = [ihdr.readUInt32BE(0), ihdr.readUInt32BE(4)];
  const [depth, colour, compression, filter, interlace] = ihdr.subarray(8);
  if (width === 0 || height === 0 || depth !== 8 || ![0, 2, 6].includes(colour!)) return false;
  if (compression !== 0 || filter !== 0 || interlace !== 0) return false;
  if (order.includes("sRGB") && (all("sRGB").length !== 1 || all("sRGB")[0]! > 3)) return false;
  if (all("IEND").length > 0) return false;

  const rows = inflatedExactly(all("IDAT"));
  const rowBytes = 1 + width * channels[colour!]!;
  if (rows?.length !== rowBytes * height) return false;
  const window = 2 ** (8 + (all("IDAT")[0]! >> 4));
  if (window < 32_768 && window < rows.length) return false;
  for (let at = 0; at < rows.length; at += rowBytes) if (rows[at]! > 4) return false;
  return true;
}

/** What a zlib stream holds; undefined when it is damaged or anything follows it. */
export function inflatedExactly(packed: Buffer): Buffer | undefined {
  try {
    // with `info`, the engine says how many bytes it read, which the types do not know
    const { buffer, engine } = inflateSync(packed, { info: true }) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    return engine.bytesWritten === packed.length ? buffer : undefined;
  } catch {
    return undefined;
  }
}

/** The bytes of each row, in order. Assigns the pixels to their passes of the 8 × 8 pattern one by one. */
export function rowSizes(
  width: number,
  height: number,
  bits: number,
  interlaced: boolean,
): number[] {
  const pattern = [
    "16462646",
    "77777777",
    "56565656",
    "77777777",
    "36463646",
    "77777777",
    "56565656",
    "77777777",
  ];
  const rows = new Map<string, number>();
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const row = `${interlaced ? pattern[y % 8]![x % 8] : 0} ${String(y).padStart(4, "0")}`;
      rows.set(row, (rows.get(row) ?? 0) + 1);
    }
  const inOrder = [...rows].sort(([one], [other]) => (one < other ? -1 : 1));
  return inOrder.map(([, pixels]) => 1 + Math.ceil((pixels * bits) / 8));
}

/** Decodes base64 character by character, six bits each; undefined when it is invalid. */
export function decodeSlowly(text: string): number[] | undefined {
  const base64 = text.replace(/^data:image\/[a-z]{1,8};base64,/, "");
  if (base64 === "" || base64.length % 4 !== 0) return undefined;
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const characters = base64.replace(/==?$/, "");
  let bits = "";
  for (const character of characters) {
    if (!alphabet.includes(character)) return undefined;
    bits += alphabet.indexOf(character).toString(2).padStart(6, "0");
  }
  const whole = bits.length - (bits.length % 8);
  if (bits.slice(whole).includes("1")) return undefined;
  return bits
    .slice(0, whole)
    .match(/.{8}/g)
    ?.map((byte) => Number.parseInt(byte, 2));
}
