import { limits as apiLimits } from "@keepsake/contract/limits";
import { rgbaToThumbHash } from "thumbhash";
import type { DecoderResult, RawPixels } from "../decoderJob.ts";
import { encodedImage, type SanitizedImage } from "./runDecoder.ts";

/** The smaller copies of a picture, and the pixels of its placeholder. */
export type Variants = { variants: SanitizedImage[]; placeholder: RawPixels };

/** The step of a job that makes them, all from one reduced decode, which reads every pixel. */
export const variantSteps = {
  widthsPx: [...apiLimits.variant_widths_px],
  placeholderPx: 32, // ThumbHash keeps so little that more pixels change nothing
};

/** What the step resolves to, as it is stored with a picture that may be narrower than the decoded one. */
export function toVariants(
  {
    variants: { variants, placeholder },
  }: Pick<DecoderResult<{ variants: typeof variantSteps }>, "variants">,
  picture: { width: number },
): Variants {
  return {
    variants: variants
      .filter((variant) => variant.width < picture.width)
      .map((variant) => encodedImage(variant, "webp")),
    placeholder,
  };
}

/** A placeholder of about 25 bytes, a ThumbHash in base64. Portraits have none. */
export const thumbhashOf = ({ width, height, pixels }: RawPixels): string =>
  Buffer.from(rgbaToThumbHash(width, height, pixels)).toString("base64");
