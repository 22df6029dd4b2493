import { createHash } from "node:crypto";
import { AppError } from "@keepsake/contract/errors";
import sharp from "sharp";
import type { StoredObject } from "../ports.ts";
import { type ImageLimits, measure } from "./admit.ts";
import { isCleanPng } from "./png.ts";

/**
 * Decodes an admitted image fully and resolves to the PNG to publish: the very bytes when they are a
 * clean PNG, else a re-encoded one without metadata, animation or anything that trailed it.
 * Throws `image.damaged`, `image.bad_dimensions` or, after 20 s, `image.too_complex`.
 */
export async function cleanPng(bytes: Buffer, allowed: ImageLimits): Promise<StoredObject> {
  const { width, height } = await decoding(open(bytes, allowed).metadata());
  measure(width, height, allowed);

  if (isCleanPng(bytes)) {
    // Reaching the last row decodes every row before it, without holding the picture in memory.
    const lastRow = { left: 0, top: height - 1, width: 1, height: 1 };
    await decoding(open(bytes, allowed).extract(lastRow).raw().toBuffer());
    return stored(bytes);
  }
  const picture = open(bytes, allowed).autoOrient().toColourspace("srgb");
  return stored(await decoding(picture.png().toBuffer()));
}

function stored(bytes: Buffer): StoredObject {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { bytes, contentType: "image/png", sha256 };
}

/** The first frame of an image. sharp's own limit would let 256 megapixels through. */
function open(bytes: Buffer, { sidePx }: ImageLimits) {
  return sharp(bytes, {
    failOn: "warning",
    limitInputPixels: sidePx * sidePx,
    sequentialRead: true,
  }).timeout({ seconds: 20 });
}

async function decoding<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : "";
    if (/timeout/i.test(message))
      throw new AppError("image.too_complex", "The image takes too long to decode", { cause });
    if (/pixel limit/i.test(message))
      throw new AppError("image.bad_dimensions", "The image has too many pixels", { cause });
    throw new AppError("image.damaged", "The image is damaged or cut off and cannot be decoded", {
      cause,
    });
  }
}
