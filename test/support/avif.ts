import { latin1, uint32be } from "../security/hostile/byteHelpers.ts";

/** What an AVIF says of itself: its items, the tiles of its grid, its sizes and the frames of its tracks. */
type Avif = {
  types?: string[];
  tiles?: number[];
  sizes?: number;
  frames?: number[];
  width?: number;
  height?: number;
};

/** The boxes of an AVIF without pixels: items from 1, the first of which is the picture. */
export function avif({
  types = ["av01"],
  tiles = [],
  sizes = 1,
  frames = [],
  width = 64,
  height = 64,
}: Avif): Buffer {
  const uint16be = (...values: number[]) => Buffer.from(values.flatMap((v) => [v >> 8, v & 255]));
  const full = (type: string, ...data: Buffer[]) => box(type, uint32be(0), ...data);
  const infe = types.map((type, index) =>
    box("infe", uint32be(0x02000000), uint16be(index + 1, 0), latin1(`${type}\0`)),
  );
  const indexes = Array.from({ length: sizes }, (_, index) => index + 1);
  const ipma = [uint32be(1), uint16be(1), Buffer.from([sizes, ...indexes])];
  const meta = full(
    "meta",
    ...[full("pitm", uint16be(1)), full("iinf", uint16be(infe.length), ...infe)],
    full("iref", box("dimg", uint16be(1, tiles.length, ...tiles))),
    box(
      "iprp",
      box("ipco", ...indexes.map(() => full("ispe", uint32be(width, height)))),
      full("ipma", ...ipma),
    ),
  );
  const tracks = frames.map((count) =>
    ["stbl", "minf", "mdia", "trak"].reduce(
      (inner, type) => box(type, inner),
      full("stsz", uint32be(9, count)),
    ),
  );
  const movie = tracks.length > 0 ? [box("moov", ...tracks)] : [];
  return Buffer.concat([box("ftyp", latin1("avif\0\0\0\0avifmif1")), meta, ...movie]);
}

/** A box of ISO's base media file format. */
export const box = (type: string, ...data: Buffer[]): Buffer => {
  const inner = Buffer.concat(data);
  return Buffer.concat([uint32be(inner.length + 8), latin1(type), inner]);
};
