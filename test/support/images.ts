import { randomBytes } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";

/** A PNG of one colour with only picture data, so it is published unchanged. */
export async function png(side = 64, background = "#7a4b2f"): Promise<Buffer> {
  const picture = sharp({ create: { width: side, height: side, channels: 3, background } });
  return withoutResolution(await picture.png().toBuffer());
}

/** sharp writes a resolution into every PNG, which is dropped from what is published. */
const withoutResolution = (bytes: Buffer) =>
  pngOf(
    ...chunksOf(bytes)
      .filter(({ type }) => type !== "pHYs")
      .map(({ type, data }) => chunk(type, data)),
  );

/** A PNG of noise with only picture data: about three bytes per pixel, however compressed. */
export async function noisePng(side: number): Promise<Buffer> {
  const raw = { width: side, height: side, channels: 3 as const };
  const noise = sharp(randomBytes(side * side * 3), { raw });
  return withoutResolution(await noise.png({ compressionLevel: 1 }).toBuffer());
}

/** A JPEG with an author and a GPS location, stored rotated: 48 × 32, shown 32 × 48, by default. */
export async function gpsJpeg(width = 48, height = 32): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: "#336699" } })
    .withExif({
      IFD0: { Artist: "A. Wanderer" },
      IFD3: { GPSLatitudeRef: "N", GPSLatitude: "52/1 31/1 12/1" },
    })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
}

export const chunk = (type: string, data: Buffer = Buffer.alloc(0)): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, crc]);
};

export const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");

export function header(width: number, height: number, depth = 8, colourType = 2): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data[8] = depth;
  data[9] = colourType;
  return chunk("IHDR", data);
}

export function pngOf(...chunks: Buffer[]): Buffer {
  return Buffer.concat([signature, ...chunks]);
}

/** The chunks of a PNG, in order. */
export function chunksOf(bytes: Buffer): { type: string; data: Buffer }[] {
  const chunks = [];
  for (let offset = 8; offset < bytes.length; ) {
    const length = bytes.readUInt32BE(offset);
    const type = bytes.toString("latin1", offset + 4, offset + 8);
    chunks.push({ type, data: bytes.subarray(offset + 8, offset + 8 + length) });
    offset += 12 + length;
  }
  return chunks;
}

/** A decompression bomb: 256 megapixels in 31 KB. */
export function bomb(): Buffer {
  const side = 16_384;
  const rows = deflateSync(Buffer.alloc(side * (side / 8 + 1)), { level: 9 });
  return pngOf(header(side, side, 1, 0), chunk("IDAT", rows), chunk("IEND"));
}

/** An animated PNG of two frames. */
export async function apng(): Promise<Buffer> {
  const [ihdr, ...rest] = chunksOf(await png(32));
  const control = Buffer.alloc(8);
  control.writeUInt32BE(2, 0);
  const frame = Buffer.alloc(26);
  frame.writeUInt32BE(32, 4);
  frame.writeUInt32BE(32, 8);
  frame.writeUInt16BE(1, 20);
  frame.writeUInt16BE(10, 22);
  const pixels = rest.find(({ type }) => type === "IDAT")!.data;
  const second = Buffer.from(frame);
  second.writeUInt32BE(1, 0);
  const sequence = Buffer.alloc(4);
  sequence.writeUInt32BE(2);
  return pngOf(
    chunk("IHDR", ihdr!.data),
    chunk("acTL", control),
    chunk("fcTL", frame),
    chunk("IDAT", pixels),
    chunk("fcTL", second),
    chunk("fdAT", Buffer.concat([sequence, pixels])),
    chunk("IEND"),
  );
}
