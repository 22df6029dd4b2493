import { rgbaToThumbHash } from "thumbhash";
import type { Decoder } from "../ports.ts";
import { decode } from "./codec.ts";
import type { ImageLimits } from "./validateHeader.ts";

/**
 * A ThumbHash in base64: a placeholder of about 25 bytes. It decodes every pixel, so an image that is cut
 * off throws `image.damaged`.
 */
export async function thumbHash(
  decoder: Decoder,
  bytes: Buffer,
  limits: ImageLimits,
): Promise<string> {
  const wanted = { widthsPx: [], placeholderPx: 100 };
  const { variants } = await decode(decoder, bytes, limits, { variants: wanted });
  const { pixels, width, height } = variants.placeholder;
  return Buffer.from(rgbaToThumbHash(width, height, pixels)).toString("base64");
}
