import sharp, { type Sharp } from "sharp";
import { noise } from "../../security/hostile/byteHelpers.ts";
import { drawnPicture } from "../drawnPicture.ts";

/** A file as a person might send it. */
export type RealFile = {
  /** What is special about it. Unique. */
  name: string;
  format: "png" | "jpeg" | "webp" | "gif" | "avif";
  bytes: Buffer;
  /** Its pixels are published as they are. */
  isKept: boolean;
  /** Its pixels are coded without loss, as are those that are published. */
  isLossless: boolean;
  /** Width and height in pixels as it is shown. */
  shown: [number, number];
  frames?: number;
};

/** In every text of the files: no published byte may contain it. */
export const secret = "A. Wanderer, Berlin";

/** A picture like a photo: areas, edges, and detail that is not noise, the same for the same seed. */
export async function photo(width: number, height: number, seed = "photo"): Promise<Sharp> {
  const raw = { width: width >> 1, height: height >> 1, channels: 1 as const };
  const detail = sharp(noise(seed, raw.width * raw.height), { raw });
  const overlay = await detail.resize(width, height, { fit: "fill" }).blur(1.2).png().toBuffer();
  const picture = drawnPicture(width, height).composite([{ input: overlay, blend: "soft-light" }]);
  const { data, info } = await picture.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } });
}

/** The same, with a transparent left edge that fades in. */
export async function cutOut(width: number, height: number, seed?: string): Promise<Sharp> {
  const alpha = Buffer.alloc(width * height);
  for (let at = 0; at < alpha.length; at += 1)
    alpha[at] = Math.min(255, Math.max(0, (at % width) * 3 - 60));
  const raw = { width, height, channels: 1 as const };
  const picture = await photo(width, height, seed);
  const { data } = await picture
    .joinChannel(alpha, { raw })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return sharp(data, { raw: { width, height, channels: 4 } });
}

/** Frames of a picture that moves, below each other, as sharp takes an animation. */
export async function frames(
  count: number,
  { width, height, isCutOut = false }: { width: number; height: number; isCutOut?: boolean },
): Promise<Sharp> {
  const pictures = Array.from({ length: count }, async (_, index) => {
    const picture = await (isCutOut ? cutOut : photo)(width, height, `frame ${index}`);
    return picture.raw().toBuffer();
  });
  const channels = isCutOut ? 4 : 3;
  const raw = { width, height: height * count, channels, pageHeight: height } as const;
  return sharp(Buffer.concat(await Promise.all(pictures)), { raw });
}

/** The author and the place, as cameras write them. */
export const author = {
  IFD0: { Artist: secret, Make: "Lichtkasten", DateTime: "2026:07:14 12:00:00" },
  IFD3: { GPSLatitudeRef: "N", GPSLatitude: "52/1 31/1 12/1" },
};

export const xmp = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>${secret}</dc:creator></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`;
