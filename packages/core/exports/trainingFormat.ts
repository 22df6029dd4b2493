import type { StoredImage } from "./layouts/exportPlan.ts";

/** The format in which trainers get a picture: a JPEG stays one, every other becomes a PNG. */
export const trainingFormat = ({ content_type }: Pick<StoredImage, "content_type">) =>
  content_type === "image/jpeg"
    ? ({ format: "jpeg", extension: "jpg" } as const)
    : ({ format: "png", extension: "png" } as const);

/**
 * About the bytes of a training picture. A JPEG usually passes as it is; one that must be turned is encoded anew with
 * colours at full resolution, in 1.4 to 2.5 times its bytes, and rows do not say which: some of them fit an estimate
 * for all. Every other picture that is encoded anew becomes a PNG of at most as many bytes as its pixels have.
 */
export function expectedBytes(
  { content_type, bytes, width, height }: StoredSize,
  size = Number.POSITIVE_INFINITY,
): number {
  const scale = Math.min(1, size / Math.max(width, height));
  const pixels = Math.ceil(width * scale) * Math.ceil(height * scale);
  if (content_type === "image/jpeg") return Math.min(Math.ceil(bytes * 1.3), pixels * 3);
  return content_type === "image/png" && scale === 1 ? bytes : pixels * 4;
}

type StoredSize = Pick<StoredImage, "content_type" | "bytes" | "width" | "height">;
