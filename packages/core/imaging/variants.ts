import { limits as apiLimits } from "@keepsake/contract/limits";
import { rgbaToThumbHash } from "thumbhash";
import type { DecoderResult, RawPixels } from "../decoderJob.ts";
import { encodedImage, type SanitizedImage } from "./runDecoder.ts";

/** The step of a job that makes the smaller copies of a picture. It decodes every pixel, once. */
export const copySteps = { variants: { widthsPx: [...apiLimits.variant_widths_px] } };

/** The same with the pixels of a placeholder: ThumbHash keeps so little that more pixels change nothing. */
export const copyAndPlaceholderSteps = { ...copySteps, placeholder: { sidePx: 32 } };

/** The smaller copies, as they are stored with a picture that may be narrower than the decoded one. */
export const toCopies = (
  { variants }: Pick<DecoderResult<typeof copySteps>, "variants">,
  picture: { width: number },
): SanitizedImage[] =>
  variants
    .filter((variant) => variant.width < picture.width)
    .map((variant) => encodedImage(variant, "webp"));

/** A placeholder of about 25 bytes, a ThumbHash in base64. Portraits have none. */
export const thumbhashOf = ({ width, height, pixels }: RawPixels): string =>
  Buffer.from(rgbaToThumbHash(width, height, pixels)).toString("base64");
