import { limits } from "@keepsake/contract/limits";
import { readObject } from "../../images/readObject.ts";
import { RetryableError } from "../../outsideServiceErrors.ts";
import type { Services } from "../../ports.ts";

/** A published image or portrait of an export of everything. */
export type OriginalPicture = {
  /** In the zip. */
  name: string;
  image_id: string | null;
  piece_id: string | null;
  key: string;
  visibility: "public" | "private";
  /** About as many, of a portrait. */
  bytes: number;
  /** Null of a portrait: rows do not have it. */
  sha256: string | null;
};

/**
 * The bytes of a picture as they are stored; `gone` when they do not exist, `altered` when they are others than its
 * row knows. Throws `RetryableError` when they were not read whole.
 */
export async function readOriginal(
  { images, privateImages }: Pick<Services, "images" | "privateImages">,
  { key, visibility, bytes, sha256 }: OriginalPicture,
): Promise<Buffer | "gone" | "altered"> {
  const bucket = visibility === "private" ? privateImages : images;
  if (sha256 !== null) {
    const read = await readObject(bucket, { key, bytes, sha256 });
    if (read === undefined) return "gone";
    return read === "different" ? "altered" : read;
  }
  const read = await bucket.get(key, limits.image_bytes);
  if (!read) return "gone";
  if (read.length !== (await bucket.size(key)))
    throw new RetryableError(`${key} was not read whole`);
  return read;
}
