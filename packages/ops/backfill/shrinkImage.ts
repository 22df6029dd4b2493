import { AppError } from "@keepsake/contract/errors";
import { encodingOf, smallerEncoding } from "@keepsake/core/imaging/chooseEncoding";
import { inStatedColours } from "@keepsake/core/imaging/formats/pngColours";
import { sniff } from "@keepsake/core/imaging/formats/sniff";
import { decode, encodedImage } from "@keepsake/core/imaging/runDecoder";
import {
  type ImageLimits,
  imageLimits,
  validateHeader,
} from "@keepsake/core/imaging/validateHeader";
import type { Decoder } from "@keepsake/core/ports";
import pLimit from "p-limit";

/** The largest picture that `--shrink` decodes: an operator waits for it, and no request does. */
export const shrinkable: ImageLimits = {
  bytes: 60_000_000,
  sidePx: 20_000,
  pixels: {
    png: 100_000_000,
    jpeg: 100_000_000,
    gif: 100_000_000,
    webp: 100_000_000,
    avif: 32_000_000,
  },
  publishedBytes: imageLimits.publishedBytes,
  work: { cpuMs: 60_000, memoryBytes: 2_000_000_000, wallMs: 120_000 },
};

/** Whether a picture was rejected only because it is too large. */
export const isTooLarge = (error: unknown) =>
  error instanceof AppError && /^image\.(too_large|bad_dimensions|too_complex)$/.test(error.code);

/**
 * The same picture with at most as many pixels and bytes as `allowed`, in the format in which an image is
 * published; of an animation that has too many, the first frame. Throws `image.*` beyond `shrinkable`. One at a
 * time, because each may use 2 GB.
 */
export const shrinkImage = (decoder: Decoder, bytes: Buffer, allowed: ImageLimits) =>
  oneAtATime(() => shrink(decoder, bytes, allowed));

const oneAtATime = pLimit(1);

async function shrink(decoder: Decoder, bytes: Buffer, allowed: ImageLimits): Promise<Buffer> {
  const format = validateHeader(bytes, shrinkable);
  const { bytes: readable, ...colours } = format === "png" ? inStatedColours(bytes) : { bytes };
  const { width = Infinity, height = Infinity } = sniff(bytes) ?? {};
  // of a square, so that any other picture of this side has fewer
  const sidePx = Math.floor(Math.sqrt(allowed.pixels.png));
  let plan = encodingOf(bytes, format);
  if (Math.max(width, height) > sidePx || !plan.encoding.animated)
    plan = { ...plan, encoding: { ...plan.encoding, animated: false, sidePx } };
  for (;;) {
    const steps = { ...colours, encode: plan.encoding };
    const { encode } = await decode(decoder, readable, shrinkable, steps);
    const image = encodedImage(encode, plan.encoding.format);
    if (image.bytes.length <= allowed.bytes) return image.bytes;
    const size = {
      bytes: image.bytes.length,
      sidePx: Math.max(image.width, image.height),
      maxBytes: allowed.bytes,
    };
    const { encoding, warnings } = smallerEncoding(plan, size);
    plan = { encoding: { sidePx, ...encoding }, warnings };
  }
}
