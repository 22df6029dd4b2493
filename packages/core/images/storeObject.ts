import { createHash } from "node:crypto";
import { limits } from "@keepsake/contract/limits";
import { isSamePicture } from "../imaging/isSamePicture.ts";
import type { SanitizedImage } from "../imaging/runDecoder.ts";
import { KeyTakenError } from "../outsideServiceErrors.ts";
import type { ImageBucket, Services } from "../ports.ts";

/** What storing needs: a decoder compares pictures when a key is taken. */
export type StoringServices = Pick<Services, "decoder"> & { bucket: ImageBucket };

/** What the bucket holds of an object. `sha256` in lower-case hex. */
export type StoredBytes = { bytes: number; sha256: string };

/**
 * Stores an object, and resolves to what the bucket holds under its key. A key is written once: when an
 * earlier release stored the same picture, encoded differently, before it could write the row, that object
 * stays and its bytes are the ones that count. Any other object under the key throws `KeyTakenError`.
 */
export async function storeObject(
  { bucket, decoder }: StoringServices,
  key: string,
  object: SanitizedImage,
): Promise<StoredBytes> {
  try {
    await bucket.put(key, object);
    return { bytes: object.bytes.length, sha256: object.sha256 };
  } catch (error) {
    if (!(error instanceof KeyTakenError)) throw error;
    const existing = await bucket.get(key, limits.image_bytes);
    if (!existing || !(await isSamePicture(decoder, existing, object))) throw error;
    const sha256 = createHash("sha256").update(existing).digest("hex");
    return { bytes: existing.length, sha256 };
  }
}
