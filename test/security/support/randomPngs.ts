import { deflateSync, inflateSync } from "node:zlib";
import fc from "fast-check";
import { chunk, chunksOf, header, pngOf } from "../../support/images.ts";
import { noise } from "../hostile/byteHelpers.ts";
import { channels, kinds, pictureChunks } from "./referenceChecks.ts";

/** Small PNGs of every bit depth and colour type, with all allowed chunks or only the necessary ones. */
function validPngs(): fc.Arbitrary<Buffer> {
  return fc.record({ kind: fc.constantFrom(...kinds), all: fc.boolean() }).map(({ kind, all }) => {
    const [depth, colour] = kind;
    const rowBytes = Math.ceil((16 * depth * channels[colour]!) / 8);
    const rows = Buffer.from(noise(`${kind}`, (rowBytes + 1) * 16));
    for (let at = 0; at < rows.length; at += rowBytes + 1) rows[at] = 0;
    const transparency = { 0: 2, 2: 6, 3: 2 }[colour];
    return pngOf(
      header(16, 16, depth, colour),
      ...(all ? [chunk("sRGB", Buffer.alloc(1)), chunk("pHYs", Buffer.alloc(9))] : []),
      ...(colour === 3 ? [chunk("PLTE", noise("palette", 6))] : []),
      ...(all && transparency ? [chunk("tRNS", Buffer.alloc(transparency))] : []),
      chunk("IDAT", deflateSync(rows)),
      chunk("IEND"),
    );
  });
}

/** Of 8 bits, in grey, RGB or RGBA, with nothing but the picture. */
export const plainPngs = (): fc.Arbitrary<Buffer> =>
  validPngs()
    .filter((bytes) => bytes[24] === 8 && [0, 2, 6].includes(bytes[25]!))
    .map((bytes) => {
      const plain = chunksOf(bytes).filter(({ type }) => type !== "tRNS" && type !== "pHYs");
      return pngOf(...plain.map(({ type, data }) => chunk(type, data)));
    });

type Chunk = { type: string; data: Buffer };

/** Valid PNGs after up to three changes, most of which leave lengths and CRCs correct. */
export function changedPngs(bases = validPngs()): fc.Arbitrary<Buffer> {
  const type = fc.constantFrom(...pictureChunks, ...pictureChunks, "tEXt", "iCCP", "acTL", "idat");
  const data = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes));
  const change = fc.oneof(
    fc.tuple(fc.constant("move" as const), fc.nat(), fc.nat()),
    fc.tuple(fc.constant("double" as const), fc.nat(), fc.nat()),
    fc.tuple(fc.constant("drop" as const), fc.nat(), fc.nat()),
    fc.tuple(fc.constant("split" as const), fc.nat(), fc.nat()),
    fc.tuple(fc.constant("flip" as const), fc.nat(), fc.nat()),
    fc.tuple(fc.constant("shorten" as const), fc.nat(), fc.nat(20)),
    fc.tuple(fc.constant("repack" as const), fc.nat(), fc.nat()),
    fc.tuple(fc.constant("lengthen" as const), fc.nat(), data),
    fc.tuple(fc.constant("rename" as const), fc.nat(), type),
    fc.tuple(fc.constant("insert" as const), fc.nat(), fc.record({ type, data })),
  );
  const after = fc.oneof(
    { weight: 6, arbitrary: fc.constant((bytes: Buffer) => bytes) },
    fc.tuple(fc.nat(), fc.nat(7)).map(([at, bit]) => (bytes: Buffer) => {
      bytes[at % bytes.length]! ^= 1 << bit;
      return bytes;
    }),
    data.map((more) => (bytes: Buffer) => Buffer.concat([bytes, more])),
    fc.nat(200).map((less) => (bytes: Buffer) => bytes.subarray(0, -less || undefined)),
  );
  return fc
    .tuple(bases, fc.array(change, { maxLength: 3 }), after)
    .map(([base, changes, finish]) => {
      let chunks: Chunk[] = chunksOf(base);
      for (const [kind, at, detail] of changes)
        if (chunks.length > 0) chunks = changed(chunks, kind, at % chunks.length, detail);
      return finish(pngOf(...chunks.map(({ type, data }) => chunk(type, data))));
    });
}

function changed(chunks: Chunk[], kind: string, at: number, detail: unknown): Chunk[] {
  const { type, data } = chunks[at]!;
  const number = typeof detail === "number" ? detail : 0;
  const cut = number % (data.length + 1);
  switch (kind) {
    case "move":
      return chunks.toSpliced(at, 1).toSpliced(number % chunks.length, 0, { type, data });
    case "double":
      return chunks.toSpliced(at, 0, { type, data });
    case "drop":
      return chunks.toSpliced(at, 1);
    case "split":
      return chunks.toSpliced(
        at,
        1,
        { type, data: data.subarray(0, cut) },
        { type, data: data.subarray(cut) },
      );
    case "flip": {
      const flipped = Buffer.from(data);
      if (flipped.length > 0) flipped[number % flipped.length]! ^= 1 + (number % 255);
      return chunks.with(at, { type, data: flipped });
    }
    case "shorten":
      return chunks.with(at, { type, data: data.subarray(0, Math.max(0, data.length - number)) });
    case "repack":
      return chunks.map((chunk) =>
        chunk.type === "IDAT" ? { type: "IDAT", data: repacked(chunk.data, number) } : chunk,
      );
    case "lengthen":
      return chunks.with(at, { type, data: Buffer.concat([data, detail as Buffer]) });
    case "rename":
      return chunks.with(at, { type: detail as string, data });
    default:
      return chunks.toSpliced(at, 0, detail as Chunk);
  }
}

/** A complete zlib stream of the rows with a byte or a filter changed, or with fewer or more bytes. */
function repacked(packed: Buffer, number: number): Buffer {
  let rows: Buffer;
  try {
    rows = inflateSync(packed);
  } catch {
    return packed;
  }
  if (number % 4 === 0) rows[number % rows.length]! ^= 1 + (number % 255);
  if (number % 4 === 1) rows = rows.subarray(0, -(number % 40) || undefined);
  if (number % 4 === 2) rows = Buffer.concat([rows, Buffer.alloc(number % 40)]);
  if (number % 4 === 3) rows[0] = number % 9;
  return deflateSync(rows);
}
