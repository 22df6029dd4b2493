import type { DecoderSteps } from "../decoderJob.ts";
import type { Decoder } from "../ports.ts";
import { sniff } from "./formats/sniff.ts";
import { decode, type SanitizedImage } from "./runDecoder.ts";
import { imageLimits } from "./validateHeader.ts";

/**
 * Whether an object is the same picture in the same format, perhaps encoded by other settings: it decodes
 * fully, has the same size, and its colours at 32 px a side differ by 1 % at most on average.
 */
export async function isSamePicture(
  decoder: Decoder,
  object: Buffer,
  picture: SanitizedImage,
): Promise<boolean> {
  if (sniff(object)?.format !== picture.format) return false;
  try {
    const [theirs, ours] = await Promise.all([
      smallPixels(decoder, object),
      smallPixels(decoder, picture.bytes),
    ]);
    const { pixels } = ours.placeholder;
    if (theirs.width !== ours.width || theirs.height !== ours.height) return false;
    const difference = pixels.reduce(
      (sum, value, index) => sum + Math.abs(value - theirs.placeholder.pixels[index]!),
      0,
    );
    return difference <= pixels.length * 0.01 * 255;
  } catch {
    return false;
  }
}

type Steps = Required<Pick<DecoderSteps, "check" | "placeholder">>;

async function smallPixels(decoder: Decoder, bytes: Buffer) {
  const steps: Steps = { check: true, placeholder: { sidePx: 32 } };
  const { check, placeholder } = await decode(decoder, bytes, imageLimits, steps);
  return { ...check, placeholder };
}
