import { crc32 } from "node:zlib";
import { signature } from "../../support/images.ts";

/** The chunk types that a published PNG may contain. */
export const allowedChunks = ["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "pHYs", "sRGB"];

/** The pairs of bit depth and colour type that the PNG specification allows. */
export const kinds: [depth: number, colour: number][] = [
  ...[1, 2, 4, 8, 16].map((depth): [number, number] => [depth, 0]),
  ...[8, 16].flatMap((depth): [number, number][] => [2, 4, 6].map((colour) => [depth, colour])),
  ...[1, 2, 4, 8].map((depth): [number, number] => [depth, 3]),
];

/** Channels by colour type. */
export const channels: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Whether a PNG has only allowed chunks, checked rule by rule as the PNG specification has them. */
export function hasOnlyAllowedChunks(bytes: Buffer): boolean {
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
  const withoutPalette = /^IHDR (?:(?:sRGB|pHYs|tRNS) )*(?:IDAT )+IEND$/;
  const withPalette = /^IHDR (?:(?:sRGB|pHYs) )*PLTE (?:(?:pHYs|tRNS) )*(?:IDAT )+IEND$/;
  if (!withoutPalette.test(order) && !withPalette.test(order)) return false;
  const all = (type: string) =>
    chunks.filter((chunk) => chunk.type === type).map(({ data }) => data);
  if (allowedChunks.some((type) => type !== "IDAT" && all(type).length > 1)) return false;

  const [ihdr = Buffer.alloc(0)] = all("IHDR");
  if (ihdr.length !== 13 || ihdr.readUInt32BE(0) === 0 || ihdr.readUInt32BE(4) === 0) return false;
  const [depth = 0, colour = 0, compression, filter, interlace = 0] = ihdr.subarray(8);
  if (!kinds.some((kind) => kind[0] === depth && kind[1] === colour)) return false;
  if (compression !== 0 || filter !== 0 || interlace > 1) return false;

  const [palette] = all("PLTE");
  const maxColours = colour === 3 ? 2 ** depth : 256;
  if (colour === 3 && !palette) return false;
  if (palette && (colour === 0 || colour === 4)) return false;
  if (palette && (palette.length === 0 || palette.length % 3 !== 0)) return false;
  if (palette && palette.length / 3 > maxColours) return false;

  const [transparency] = all("tRNS");
  if (transparency && colour === 0 && transparency.length !== 2) return false;
  if (transparency && colour === 2 && transparency.length !== 6) return false;
  if (transparency && colour === 3 && transparency.length === 0) return false;
  if (transparency && colour === 3 && transparency.length > palette!.length / 3) return false;
  if (transparency && colour > 3) return false;

  const [srgb] = all("sRGB");
  if (srgb && (srgb.length !== 1 || srgb[0]! > 3)) return false;
  const [phys] = all("pHYs");
  if (phys && (phys.length !== 9 || phys[8]! > 1)) return false;
  return all("IEND")[0]!.length === 0;
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
