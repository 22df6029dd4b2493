import { createHash } from "node:crypto";
import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import sharp, { type Sharp } from "sharp";
import { rgbaToThumbHash } from "thumbhash";
import type { StoredObject } from "../ports.ts";
import { countScans } from "./formats/jpeg.ts";
import { hasOnlyPictureChunks, holdsOnlyPixels, isIndexed } from "./formats/png.ts";
import { type ImageFormat, sniff } from "./formats/sniff.ts";
import {
  type ImageLimits,
  imageLimits,
  validateDimensions,
  validateHeader,
} from "./validateHeader.ts";

/** An image as it is published. Width and height in pixels, as it is shown. */
export type SanitizedImage = StoredObject & {
  format: PublishedFormat;
  width: number;
  height: number;
};

export type PublishedFormat = "png" | "jpeg" | "webp";

/**
 * Decodes an admitted image fully and resolves to what may be published: the very bytes of a clean PNG,
 * else the first frame re-encoded, upright and without metadata or anything that trailed it. PNG and GIF
 * become PNG, JPEG stays JPEG, WebP and AVIF become WebP; `as` overrules that. Throws `image.damaged`,
 * `image.unsupported`, `image.bad_dimensions` or, at the latest after 20 s, `image.too_complex`.
 */
export async function sanitizeImage(
  bytes: Buffer,
  allowed: ImageLimits,
  as?: PublishedFormat,
): Promise<SanitizedImage> {
  const sniffed = sniff(bytes)?.format ?? "png";
  const format = as ?? publishedAs[sniffed];
  if (sniffed === "png" && format === "png" && hasOnlyPictureChunks(bytes))
    if (await isWhole(bytes, allowed)) return { ...stored(bytes, "png"), ...sizeOf(bytes) };

  if (sniffed === "jpeg" && countScans(bytes) > mostScans) throw tooComplex();
  const { format: decoder, width, height } = await decoding(open(bytes, allowed).metadata());
  if (decoder !== decoders[sniffed])
    throw new AppError("image.unsupported", "Send a PNG, JPEG, WebP, AVIF or GIF image");
  validateDimensions(width, height, allowed);
  return encode(open(bytes, allowed).autoOrient(), format);
}

/** Decodes a clean PNG, by ourselves as far as that goes: another decoder would do the same work again. */
async function isWhole(bytes: Buffer, allowed: ImageLimits): Promise<boolean> {
  const { width, height } = sizeOf(bytes);
  validateDimensions(width, height, allowed);
  if (!(await holdsOnlyPixels(bytes))) return false;
  if (!isIndexed(bytes)) return true;
  // Reaching the last row decodes every row before it, without holding the picture in memory.
  const lastRow = { left: 0, top: height - 1, width: 1, height: 1 };
  await decoding(open(bytes, allowed).extract(lastRow).raw().toBuffer());
  return true;
}

/** Of a PNG, in pixels. */
const sizeOf = (bytes: Buffer) => ({
  width: bytes.readUInt32BE(16),
  height: bytes.readUInt32BE(20),
});

/**
 * A published image as a PNG portrait: fitted into `sidePx` and, should it weigh more than `bytes`,
 * made smaller until it does not.
 */
export async function fitPortrait(bytes: Buffer, { bytes: most, sidePx }: ImageLimits) {
  for (let side = sidePx; ; side = Math.round(side * 0.8)) {
    const size = { width: side, height: side, fit: "inside" as const, withoutEnlargement: true };
    const portrait = await encode(sharp(bytes).resize(size), "png");
    if (portrait.bytes.length <= most) return portrait;
  }
}

/**
 * A generated image as a portrait that six of fit one answer: the very bytes of a clean PNG that is small
 * enough, else a PNG of 768 px a side, 640, 512 or 384, and last with a palette, whichever weighs at most
 * 650 kB first.
 */
export async function fitGenerated(bytes: Buffer): Promise<SanitizedImage> {
  const { generated_portrait_bytes: most, generated_portrait_side_px: largest } = limits;
  validateHeader(bytes, imageLimits);
  const whole = await sanitizeImage(bytes, imageLimits);
  const isSmall = Math.max(whole.width, whole.height) <= largest && whole.bytes.length <= most;
  if (isSmall && whole.format === "png") return whole;

  for (const side of [768, 640, 512, 384]) {
    const size = { width: side, height: side, fit: "inside" as const, withoutEnlargement: true };
    const portrait = await encode(sharp(whole.bytes).resize(size), "png");
    if (portrait.bytes.length <= most) return portrait;
  }
  const palette = sharp(whole.bytes).resize({ width: 384, height: 384, fit: "inside" });
  const { data, info } = await decoding(
    palette.png({ palette: true }).toBuffer({ resolveWithObject: true }),
  );
  return { ...stored(data, "png"), width: info.width, height: info.height };
}

/**
 * A ThumbHash of a clean image, in base64: a placeholder of about 25 bytes. It takes every pixel, so an
 * image that is not whole throws `image.damaged`.
 */
export async function thumbHash(bytes: Uint8Array, allowed: ImageLimits): Promise<string> {
  const { data, info } = await decoding(
    open(bytes, allowed)
      .resize({ width: 100, height: 100, fit: "inside" })
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true }),
  );
  return Buffer.from(rgbaToThumbHash(info.width, info.height, data)).toString("base64");
}

const publishedAs: Record<ImageFormat, PublishedFormat> = {
  png: "png",
  gif: "png",
  jpeg: "jpeg",
  webp: "webp",
  avif: "webp",
};

/**
 * A progressive JPEG comes in ten scans or so. A legal one of 300 KB may have 2,600, over each of which
 * libjpeg goes before the first row, deaf to any timeout: a minute for 40 megapixels.
 */
const mostScans = 100;

/** What sharp calls them. It also reads SVG and TIFF, and sniffs for itself. */
const decoders: Record<ImageFormat, string> = {
  png: "png",
  gif: "gif",
  jpeg: "jpeg",
  webp: "webp",
  avif: "heif",
};

/** WebP at its default effort takes 16 s for 40 megapixels on two cores; at 2 it takes a few. */
const encoders: Record<PublishedFormat, (picture: Sharp) => Sharp> = {
  png: (picture) => picture.png(),
  jpeg: (picture) => picture.jpeg({ quality: 90 }),
  webp: (picture) => picture.webp({ quality: 90, effort: 2 }),
};

async function encode(picture: Sharp, format: PublishedFormat): Promise<SanitizedImage> {
  const output = encoders[format](picture.toColourspace("srgb"));
  const { data, info } = await decoding(output.toBuffer({ resolveWithObject: true }));
  return { ...stored(data, format), width: info.width, height: info.height };
}

function stored(bytes: Buffer, format: PublishedFormat) {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { bytes, format, contentType: `image/${format}`, sha256 };
}

/** The first frame of an image. sharp's own limit would let 256 megapixels through. */
function open(bytes: Uint8Array, { pixels }: ImageLimits) {
  return sharp(bytes, {
    failOn: "warning",
    limitInputPixels: pixels,
    sequentialRead: true,
  }).timeout({ seconds: 20 });
}

async function decoding<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : "";
    if (/timeout/i.test(message)) throw tooComplex(cause);
    if (/pixel limit/i.test(message))
      throw new AppError("image.bad_dimensions", "The image has too many pixels", { cause });
    throw new AppError("image.damaged", "The image is damaged or cut off and cannot be decoded", {
      cause,
    });
  }
}

const tooComplex = (cause?: unknown) =>
  new AppError("image.too_complex", "The image takes too long to decode: send a simpler one", {
    cause,
  });
