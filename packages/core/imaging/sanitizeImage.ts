import { AppError } from "@keepsake/contract/errors";
import type { DecoderResult, DecoderSteps, RawPixels } from "../decoderJob.ts";
import type { Decoder } from "../ports.ts";
import { type EncodingPlan, encodingOf, smallerEncoding, type Warning } from "./chooseEncoding.ts";
import { type ColouredFile, inStatedColours } from "./formats/pngColours.ts";
import { polyglotFormat } from "./formats/polyglot.ts";
import { sniff } from "./formats/sniff.ts";
import {
  decode,
  decodeStripped,
  encodedImage,
  type SanitizedImage,
  sanitizedImage,
} from "./runDecoder.ts";
import { stripImage } from "./stripImage.ts";
import type { ImageLimits } from "./validateHeader.ts";
import { copyAndPlaceholderSteps, copySteps, toCopies } from "./variants.ts";

/** A picture with its smaller copies. */
export type PictureWithCopies = SanitizedImage & { variants: SanitizedImage[] };

type CheckedPicture = PictureWithCopies & {
  /** Whether its pixels were encoded again. */
  rewritten: boolean;
  /** Whether its bytes are those that were sent, all of them. */
  isUnchanged: boolean;
  warnings: Warning[];
};

/** What is published of an image: the picture, its smaller copies and its placeholder. */
export type PreparedPicture = CheckedPicture & { placeholder: RawPixels };

/**
 * Decodes an image fully and resolves to what may be published: its own pixels, byte for byte, of a PNG or
 * a JPEG of the plainest kind, else an image that is encoded anew; both without anything that is not the
 * picture. What would take more bytes than are published is encoded with loss, then made smaller. `as` makes
 * a PNG of every format. Throws as `decode` does, and `image.carries_data` for a picture that looks like
 * another file however it is encoded. `sha256` is that of the bytes, in lower-case hex, where it is known.
 */
export async function sanitizeImage(
  decoder: Decoder,
  bytes: Buffer,
  limits: ImageLimits,
  options: Options = {},
): Promise<PreparedPicture> {
  const steps = copyAndPlaceholderSteps;
  const { picture, decoded } = await sanitize(decoder, bytes, limits, { ...options, steps });
  return { ...picture, placeholder: decoded.placeholder };
}

/** As `sanitizeImage` makes a PNG of every format, without a placeholder. */
export async function sanitizePortrait(
  decoder: Decoder,
  bytes: Buffer,
  limits: ImageLimits,
): Promise<PictureWithCopies> {
  const { picture } = await sanitize(decoder, bytes, limits, { as: "png", steps: copySteps });
  return picture;
}

type Options = { as?: "png" | undefined; sha256?: string | undefined };
type Sanitized<Steps extends DecoderSteps> = {
  picture: CheckedPicture;
  decoded: DecoderResult<Steps>;
};

async function sanitize<Steps extends typeof copySteps>(
  decoder: Decoder,
  bytes: Buffer,
  limits: ImageLimits,
  { as, sha256, steps }: Options & { steps: Steps },
): Promise<Sanitized<Steps>> {
  const format = sniff(bytes)?.format ?? "png";
  const kept = await stripImage(bytes, format, as);
  if (kept) {
    const decoded = await decodeStripped(decoder, kept.bytes, limits, steps);
    const isUnchanged = kept.bytes === bytes;
    const picture = {
      ...sanitizedImage(kept, format as "png" | "jpeg", isUnchanged ? sha256 : undefined),
      variants: toCopies(decoded, kept),
      rewritten: false,
      isUnchanged,
      warnings: kept.warnings,
    };
    return { picture, decoded };
  }
  const file = format === "png" ? inStatedColours(bytes) : { bytes };
  return encodeAnew(decoder, file, limits, { plan: encodingOf(bytes, format, as), steps });
}

async function encodeAnew<Steps extends typeof copySteps>(
  decoder: Decoder,
  { bytes, ...colours }: ColouredFile,
  limits: ImageLimits,
  { plan, steps }: { plan: EncodingPlan; steps: Steps },
): Promise<Sanitized<Steps>> {
  let { encoding, warnings } = plan;
  const first = { ...colours, ...steps, encode: encoding };
  const decoded = await decode(decoder, bytes, limits, first);
  let image = encodedImage(decoded.encode, encoding.format);
  while (image.bytes.length > limits.publishedBytes) {
    const sidePx = Math.max(image.width, image.height);
    const size = { bytes: image.bytes.length, sidePx, maxBytes: limits.publishedBytes };
    ({ encoding, warnings } = smallerEncoding({ encoding, warnings }, size));
    const smaller = await decode(decoder, bytes, limits, { ...colours, encode: encoding });
    image = encodedImage(smaller.encode, encoding.format);
  }
  const mark = polyglotFormat(image.bytes);
  if (mark !== undefined)
    throw new AppError(
      "image.carries_data",
      `The picture looks like a ${mark} file however it is encoded: send another one`,
    );
  const variants = toCopies(decoded, image);
  return {
    picture: { ...image, variants, rewritten: true, isUnchanged: false, warnings },
    decoded,
  };
}
