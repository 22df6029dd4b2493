import { rgbaToThumbHash } from "thumbhash";
import { decoded, open } from "./codec.ts";
import type { ImageLimits } from "./validateHeader.ts";

/**
 * A ThumbHash in base64: a placeholder of about 25 bytes. It decodes every pixel, so an image that is cut
 * off throws `image.damaged`.
 */
export async function thumbHash(bytes: Uint8Array, limits: ImageLimits): Promise<string> {
  const { data, info } = await decoded(
    open(bytes, limits)
      .resize({ width: 100, height: 100, fit: "inside" })
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true }),
  );
  return Buffer.from(rgbaToThumbHash(info.width, info.height, data)).toString("base64");
}
