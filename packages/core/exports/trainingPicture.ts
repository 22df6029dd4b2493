import { limits } from "@keepsake/contract/limits";
import { bucketForVisibility } from "../images/bucketForVisibility.ts";
import { readPublished } from "../images/readObject.ts";
import { exifOrientationOfJpeg } from "../imaging/formats/exifOrientationOfJpeg.ts";
import { decode, encodedBytes } from "../imaging/runDecoder.ts";
import { imageLimits } from "../imaging/validateHeader.ts";
import { PermanentError } from "../outsideServiceErrors.ts";
import type { Services } from "../ports.ts";
import { freeMemory } from "./freeMemory.ts";
import type { StoredImage } from "./layouts/exportPlan.ts";
import { trainingFormat } from "./trainingFormat.ts";

/**
 * The bytes of a published image as trainers take it: upright, because not all of them read the EXIF
 * orientation; a PNG or a JPEG, of an animation its first frame; at most `size` pixels a side. A picture that
 * is so already passes byte for byte. The same image gives the same bytes. Throws `PermanentError` "gone"
 * when the object does not exist, `RetryableError` when it cannot be read as its row knows it, and what
 * `decode` throws.
 */
export async function trainingPicture(
  services: Pick<Services, "images" | "privateImages" | "decoder">,
  image: StoredImage,
  size?: number,
): Promise<Buffer> {
  const bytes = await readPublished(bucketForVisibility(services, image.visibility), image);
  if (!bytes) throw new PermanentError("gone", `The image ${image.image_id} has no object`);
  const { format } = trainingFormat(image);
  const isTurned = format === "jpeg" && exifOrientationOfJpeg(bytes) !== 1;
  const sidePx = largestSide(image, isTurned, size);
  const isReady = image.content_type === `image/${format}` && !isTurned;
  if (isReady && sidePx === undefined) return bytes;

  const quality = format === "jpeg" && ({ quality: 95, fullColour: true } as const);
  const encoding = { format, ...quality, ...(sidePx !== undefined && { sidePx }) };
  const { encode } = await decode(services.decoder, bytes, imageLimits, { encode: encoding });
  freeMemory(bytes);
  return encodedBytes(encode, format);
}

/**
 * The longest side to make a picture, undefined for its own one. A JPEG of over 40 megapixels that must be
 * turned is halved, which libjpeg does while it decodes: turning all of it can take more memory than a job may.
 */
function largestSide({ width, height }: StoredImage, isTurned: boolean, size?: number) {
  const longest = Math.max(width, height);
  const isHalved = isTurned && width * height > limits.image_pixels;
  const side = Math.min(size ?? longest, isHalved ? Math.floor(longest / 2) : longest);
  return side < longest ? side : undefined;
}
