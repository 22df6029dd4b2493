import type { SanitizedImage } from "../imaging/runDecoder.ts";
import type { PictureWithCopies } from "../imaging/sanitizeImage.ts";
import type { Bucket } from "../ports.ts";
import * as objectKeys from "./objectKeys.ts";
import { type StoredBytes, type StoringServices, storeObject } from "./storeObject.ts";

/** The sizes of the smaller copies of a picture, in pixels. */
export type CopySizes = { width: number; height: number }[];

/**
 * Stores a picture and its smaller copies, and resolves when the bucket has confirmed them: the copies
 * first, so that a picture that exists has all of them. `stored_bytes` is the size of all. Safe to repeat.
 */
export async function storePicture(
  services: StoringServices,
  key: string,
  picture: PictureWithCopies,
): Promise<StoredBytes & { variants: CopySizes; stored_bytes: number }> {
  const variants = await storeCopies(services, key, picture.variants);
  const stored = await storeObject(services, key, picture);
  return { ...stored, variants, stored_bytes: bytesWithCopies(stored.bytes, picture.variants) };
}

/** The size of a picture of `bytes` with its smaller copies. */
export const bytesWithCopies = (bytes: number, copies: SanitizedImage[]) =>
  copies.reduce((sum, copy) => sum + copy.bytes.length, bytes);

/** Stores the smaller copies of the picture under `key`. */
export function storeCopies(
  services: StoringServices,
  key: string,
  copies: SanitizedImage[],
): Promise<CopySizes> {
  return Promise.all(
    copies.map(async (copy) => {
      const { width, height } = copy;
      await storeObject(services, objectKeys.variant(key, width), copy);
      return { width, height };
    }),
  );
}

/** Removes a picture and every copy that it may have. */
export const removePicture = (bucket: Bucket, key: string) =>
  Promise.all(objectKeys.withVariants(key).map((each) => bucket.remove(each)));
