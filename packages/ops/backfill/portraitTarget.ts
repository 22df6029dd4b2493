import * as objectKeys from "@keepsake/core/images/objectKeys";
import { fitPortrait } from "@keepsake/core/imaging/fitPortrait";
import { sanitizeImage } from "@keepsake/core/imaging/sanitizeImage";
import { imageLimits, portraitLimits, validateHeader } from "@keepsake/core/imaging/validateHeader";
import { KeyTakenError } from "@keepsake/core/outsideServiceErrors";
import type { Decoder, PublicBucket, StoredObject } from "@keepsake/core/ports";
import type { ProductRow } from "./backfill.sql.ts";
import type { Target } from "./backfillTarget.ts";
import type { KeyIds } from "./objectKeyIds.ts";
import { isTooLarge, shrinkImage } from "./shrinkImage.ts";

type PortraitServices = { images: PublicBucket; decoder: Decoder };

type PortraitOptions = {
  toKeyIds: (row: ProductRow) => KeyIds;
  /** Whether base64 that is too large is made smaller. */
  shrink: boolean;
};

/** Stores pictures as PNG portraits under keys made of their rows' ids. No row of Keepsake names them. */
export function portraitTarget(
  { images, decoder }: PortraitServices,
  { toKeyIds, shrink }: PortraitOptions,
): Target {
  return {
    findPublished: async () => new Map(),
    check() {},

    async prepare(row, original) {
      const { isSmaller, ...portrait } = await toPortrait(decoder, original, {
        shrink,
        isFetched: row.kind !== "base64",
      });
      return {
        bytes: portrait.bytes.length,
        notes: isSmaller ? ["made smaller"] : [],
        async store() {
          const key = await putPortrait(images, toKeyIds(row), portrait);
          return { url: images.url(key), remove: () => images.remove(key) };
        },
      };
    },
  };
}

/** The PNG to publish. A fetched image that is larger than a portrait may be is always made smaller. */
async function toPortrait(
  decoder: Decoder,
  original: Buffer,
  { shrink, isFetched }: { shrink: boolean; isFetched: boolean },
): Promise<StoredObject & { isSmaller?: boolean }> {
  if (!isFetched)
    try {
      validateHeader(original, portraitLimits);
      return await sanitizeImage(decoder, original, portraitLimits, { as: "png" });
    } catch (error) {
      if (!shrink || !isTooLarge(error)) throw error;
    }
  try {
    validateHeader(original, imageLimits);
    const image = await sanitizeImage(decoder, original, imageLimits, { as: "png" });
    const { bytes: maxBytes, sidePx } = portraitLimits;
    const fits = image.bytes.length <= maxBytes && Math.max(image.width, image.height) <= sidePx;
    if (fits) return image;
    return { ...(await fitPortrait(decoder, image.bytes, portraitLimits)), isSmaller: !isFetched };
  } catch (error) {
    if (!shrink || !isTooLarge(error)) throw error;
    const smaller = await shrinkImage(decoder, original, imageLimits);
    return { ...(await fitPortrait(decoder, smaller, portraitLimits)), isSmaller: true };
  }
}

/**
 * Resolves to the key it was put under. When an earlier run stored what the row held before it changed,
 * that key is taken by other bytes, and the next version's is tried.
 */
async function putPortrait(
  images: PublicBucket,
  ids: KeyIds,
  portrait: StoredObject,
): Promise<string> {
  for (let version = 1; ; version += 1) {
    const key = objectKeys.portrait({ ...ids, version });
    try {
      await images.put(key, portrait);
      return key;
    } catch (error) {
      if (!(error instanceof KeyTakenError) || version === maxVersions) throw error;
    }
  }
}

const maxVersions = 9;
