import { AppError } from "@keepsake/contract/errors";
import type { PortraitMessage } from "@keepsake/contract/messages";
import pLimit from "p-limit";
import { v7 as uuidv7 } from "uuid";
import * as objectKeys from "../images/objectKeys.ts";
import { shownVersion } from "../images/portraitObjects.ts";
import { fitPortrait } from "../imaging/fitPortrait.ts";
import { sanitizeImage } from "../imaging/sanitizeImage.ts";
import { fittedLimits, portraitLimits } from "../imaging/validateHeader.ts";
import type { PublicBucket, Services, StoredObject } from "../ports.ts";
import { decodePortrait } from "./decodePortrait.ts";
import * as rows from "./portraits.sql.ts";

/**
 * Moves a batch of portraits from their rows to the bucket, concurrently, and writes their permanent URLs.
 * Resolves to the messages to deliver again. A portrait that can never become an image is not among them:
 * its row says why. Safe to repeat and to reorder.
 */
export async function publishPortraits(
  { sql, images }: Pick<Services, "sql" | "images">,
  messages: PortraitMessage[],
): Promise<PortraitMessage[]> {
  const portraits = await rows.findPending(sql, messages);
  if (portraits.length === 0) return [];

  const limitDecoding = pLimit(concurrentDecodes);
  const outcomes = await Promise.all(
    portraits.map((portrait) => publishOne(images, portrait, limitDecoding)),
  );
  const saved = new Set((await rows.saveOutcomes(sql, outcomes)).map(({ piece_id }) => piece_id));
  const unsaved = portraits.filter((portrait, index) => {
    return outcomes[index]!.status === "published" && !saved.has(portrait.piece_id);
  });
  if (unsaved.length > 0) await removeDeleted({ sql, images }, unsaved);

  const pending = new Set(
    outcomes.filter(({ status }) => status === "pending").map(({ piece_id }) => piece_id),
  );
  return messages.filter(({ piece_id }) => pending.has(piece_id));
}

/**
 * Decoding takes CPU and uploading takes time, so one portrait is uploaded while others are decoded.
 * Decoding all at once would be no faster, and hold every picture in memory.
 */
const concurrentDecodes = 2;

async function publishOne(
  images: PublicBucket,
  portrait: rows.PendingPortrait,
  limitDecoding: ReturnType<typeof pLimit>,
): Promise<rows.PortraitOutcome> {
  const { piece_id, version } = portrait;
  try {
    const png = await limitDecoding(() => portraitPng(images, portrait));
    portrait.base64 = null; // frees its memory before the whole batch is done
    const key = objectKeys.portrait(portrait);
    await images.put(key, png);
    const url = images.url(key);
    const saved = { piece_id, version, status: "published", error: null, url } as const;
    const replaced_keys = replacedKeys(portrait);
    return replaced_keys.length > 0 ? { ...saved, erasure_id: uuidv7(), replaced_keys } : saved;
  } catch (error) {
    if (error instanceof AppError)
      return { piece_id, version, status: "rejected", error: error.message, url: null };
    const reason = error instanceof Error ? error.name : "unknown error";
    return {
      piece_id,
      version,
      status: "pending",
      error: `The portrait could not be stored yet (${reason}). It is tried again.`,
      url: null,
    };
  }
}

/**
 * The keys of the version that is shown until now and of those between, which were replaced before they
 * were published. Earlier ones were listed when the shown one was published.
 */
function replacedKeys(portrait: rows.PendingPortrait): string[] {
  const first = shownVersion(portrait.shown_url) ?? 1;
  return Array.from({ length: Math.max(0, portrait.version - first) }, (_, index) =>
    objectKeys.portrait({ ...portrait, version: first + index }),
  );
}

/** The PNG to publish: from the base64 in the row, else from the published image that the row names. */
async function portraitPng(
  images: PublicBucket,
  { base64, image_key, image_bytes }: rows.PendingPortrait,
): Promise<StoredObject> {
  if (base64 !== null) return sanitizeImage(decodePortrait(base64), portraitLimits, "png");
  if (image_key === null || image_bytes === null)
    throw new AppError(
      "image.not_published",
      "The image that this portrait was to be made of no longer exists: send another one",
    );
  const image = await images.get(image_key, image_bytes);
  if (!image) throw new Error(`${image_key} is not in the bucket`);
  return fitPortrait(image, fittedLimits);
}

/** Removes the objects of pieces that were deleted while they were written, perhaps after their erasure. */
async function removeDeleted(
  { sql, images }: Pick<Services, "sql" | "images">,
  unsaved: rows.PendingPortrait[],
) {
  const existing = await rows.findExisting(
    sql,
    unsaved.map(({ piece_id }) => piece_id),
  );
  const deleted = unsaved.filter(({ piece_id }) => !existing.has(piece_id));
  await Promise.all(deleted.map((portrait) => images.remove(objectKeys.portrait(portrait))));
}
