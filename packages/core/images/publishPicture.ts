import type { Variant } from "@keepsake/contract/schemas";
import type { SanitizedImage } from "../imaging/codec.ts";
import type { SmallPictures } from "../imaging/smallPictures.ts";
import type { PublicBucket } from "../ports.ts";
import * as objectKeys from "./objectKeys.ts";
import { type StoredBytes, type StoringServices, storeObject } from "./storeObject.ts";

/** A picture in the bucket, with its URL and those of its copies. */
export type PublishedPicture = StoredBytes & { url: string; variants: Variant[] };

/**
 * Stores a picture and its copies, and resolves when the bucket has confirmed them: the copies first, so
 * that a picture that exists has all of them. Safe to repeat.
 */
export async function publishPicture(
  services: StoringServices,
  key: string,
  picture: SanitizedImage & Pick<SmallPictures, "variants">,
): Promise<PublishedPicture> {
  const variants = await storeCopies(services, key, picture.variants);
  const stored = await storeObject(services, key, picture);
  return { ...stored, url: services.images.url(key), variants };
}

/** Stores the copies of the picture under `key`, and resolves to their sizes and URLs. */
export function storeCopies(
  services: StoringServices,
  key: string,
  copies: SanitizedImage[],
): Promise<Variant[]> {
  return Promise.all(
    copies.map(async (copy) => {
      const { width, height } = copy;
      const copyKey = objectKeys.variant(key, width);
      await storeObject(services, copyKey, copy);
      return { width, height, url: services.images.url(copyKey) };
    }),
  );
}

/** Removes a picture and every copy that it may have. */
export const removePicture = (images: PublicBucket, key: string) =>
  Promise.all([key, ...objectKeys.variants(key)].map((each) => images.remove(each)));
