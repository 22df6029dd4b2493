import { AppError } from "@keepsake/contract/errors";
import {
  decoded,
  encode,
  open,
  type PublishedFormat,
  type SanitizedImage,
  storedObject,
  tooComplex,
} from "./codec.ts";
import { countScans } from "./formats/jpeg.ts";
import { hasOnlyPictureChunks, holdsOnlyPixels, isIndexed } from "./formats/png.ts";
import { type ImageFormat, sniff } from "./formats/sniff.ts";
import { type ImageLimits, validateDimensions } from "./validateHeader.ts";

/**
 * Decodes an image fully and resolves to what may be published: the very bytes of a PNG that contains only
 * picture data, else the first frame re-encoded, upright, without metadata or trailing bytes. PNG and GIF
 * become PNG, JPEG stays JPEG, WebP and AVIF become WebP; `as` overrides that. Throws `image.damaged`,
 * `image.unsupported`, `image.bad_dimensions` or, after at most 20 s, `image.too_complex`.
 */
export async function sanitizeImage(
  bytes: Buffer,
  limits: ImageLimits,
  as?: PublishedFormat,
): Promise<SanitizedImage> {
  const sniffed = sniff(bytes)?.format ?? "png";
  const format = as ?? publishedAs[sniffed];
  if (sniffed === "png" && format === "png" && hasOnlyPictureChunks(bytes))
    if (await isOnlyPicture(bytes, limits))
      return { ...storedObject(bytes, "png"), ...pngSize(bytes) };

  if (sniffed === "jpeg" && countScans(bytes) > maxScans) throw tooComplex();
  const { format: decoder, width, height } = await decoded(open(bytes, limits).metadata());
  if (decoder !== decoders[sniffed])
    throw new AppError("image.unsupported", "Send a PNG, JPEG, WebP, AVIF or GIF image");
  validateDimensions(width, height, limits);
  return encode(open(bytes, limits).autoOrient(), format);
}

/** Decodes such a PNG with our own reader where that is enough: sharp would do the same work again. */
async function isOnlyPicture(bytes: Buffer, limits: ImageLimits): Promise<boolean> {
  const { width, height } = pngSize(bytes);
  validateDimensions(width, height, limits);
  if (!(await holdsOnlyPixels(bytes))) return false;
  if (!isIndexed(bytes)) return true;
  // extracting the last row decodes every row before it without holding the picture in memory
  const lastRow = { left: 0, top: height - 1, width: 1, height: 1 };
  await decoded(open(bytes, limits).extract(lastRow).raw().toBuffer());
  return true;
}

/** Of a PNG, in pixels. */
const pngSize = (bytes: Buffer) => ({
  width: bytes.readUInt32BE(16),
  height: bytes.readUInt32BE(20),
});

const publishedAs: Record<ImageFormat, PublishedFormat> = {
  png: "png",
  gif: "png",
  jpeg: "jpeg",
  webp: "webp",
  avif: "webp",
};

/**
 * A progressive JPEG usually has about ten scans. A legal one of 300 KB may have 2,600: libjpeg goes over
 * each before the first row and ignores any timeout, which takes a minute for 40 megapixels.
 */
const maxScans = 100;

/** sharp's names of the formats. sharp also reads SVG and TIFF, and detects the format by itself. */
const decoders: Record<ImageFormat, string> = {
  png: "png",
  gif: "gif",
  jpeg: "jpeg",
  webp: "webp",
  avif: "heif",
};
