import { createHash } from "node:crypto";
import { AppError } from "@keepsake/contract/errors";
import sharp, { type Sharp } from "sharp";
import type { StoredObject } from "../ports.ts";
import type { ImageLimits } from "./validateHeader.ts";

export type PublishedFormat = "png" | "jpeg" | "webp";

/** An image as it is published. Width and height in pixels, as it is displayed. */
export type SanitizedImage = StoredObject & {
  format: PublishedFormat;
  width: number;
  height: number;
};

const maxSeconds = 20;

/** The first frame of an image. sharp's own pixel limit would let 256 megapixels through. */
export function open(bytes: Uint8Array, { pixels }: ImageLimits): Sharp {
  return sharp(bytes, {
    failOn: "warning",
    limitInputPixels: pixels,
    sequentialRead: true,
  }).timeout({ seconds: maxSeconds });
}

/** WebP at sharp's default effort takes 16 s for 40 megapixels on two cores; at 2 it takes a few. */
const encoders: Record<PublishedFormat, (picture: Sharp) => Sharp> = {
  png: (picture) => picture.png(),
  jpeg: (picture) => picture.jpeg({ quality: 90 }),
  webp: (picture) => picture.webp({ quality: 90, effort: 2 }),
};

/** Encodes a picture in sRGB, without metadata. Throws as `decoded` does. */
export function encode(picture: Sharp, format: PublishedFormat): Promise<SanitizedImage> {
  return finish(encoders[format](picture.toColourspace("srgb")), format);
}

/** Encodes a picture as a PNG with a palette of 256 colours. */
export function encodePalette(picture: Sharp): Promise<SanitizedImage> {
  return finish(picture.png({ palette: true }), "png");
}

async function finish(picture: Sharp, format: PublishedFormat): Promise<SanitizedImage> {
  const { data, info } = await decoded(picture.toBuffer({ resolveWithObject: true }));
  return { ...storedObject(data, format), width: info.width, height: info.height };
}

export function storedObject(bytes: Buffer, format: PublishedFormat) {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { bytes, format, contentType: `image/${format}`, sha256 };
}

/** Translates sharp's errors to `image.too_complex`, `image.bad_dimensions` or `image.damaged`. */
export async function decoded<T>(work: Promise<T>): Promise<T> {
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

export const tooComplex = (cause?: unknown) =>
  new AppError("image.too_complex", "The image takes too long to decode: send a simpler one", {
    cause,
  });
