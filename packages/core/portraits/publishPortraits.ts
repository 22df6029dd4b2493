import { AppError } from "@keepsake/contract/errors";
import type { PortraitMessage } from "@keepsake/contract/messages";
import { objectKeys } from "../images/objectKeys.ts";
import { fitPortrait, sanitizeImage } from "../imaging/sanitizeImage.ts";
import { fittedLimits, portraitLimits } from "../imaging/validateHeader.ts";
import { limitConcurrency } from "../limitConcurrency.ts";
import type { PublicBucket, Services, StoredObject } from "../ports.ts";
import { decodePortrait } from "./decodePortrait.ts";
import * as rows from "./portraits.sql.ts";

/**
 * Moves a batch of portraits out of their rows and into the bucket, side by side, and leaves permanent
 * URLs behind. Resolves to the messages to deliver again. A portrait that can never become an image is
 * not among them: its row says why. Safe to repeat and to reorder.
 */
export async function publish(
  { sql, images }: Pick<Services, "sql" | "images">,
  messages: PortraitMessage[],
): Promise<PortraitMessage[]> {
  const portraits = await rows.findPending(sql, messages);
  if (portraits.length === 0) return [];

  const looking = limitConcurrency(lookedAtOnce);
  const outcomes = await Promise.all(
    portraits.map((portrait) => publishOne(images, portrait, looking)),
  );
  const settled = new Set((await rows.settle(sql, outcomes)).map(({ piece_id }) => piece_id));
  const late = portraits.filter((portrait, index) => {
    return outcomes[index]!.status === "published" && !settled.has(portrait.piece_id);
  });
  if (late.length > 0) await removeDeleted({ sql, images }, late);

  const again = new Set(
    outcomes.filter(({ status }) => status === "pending").map(({ piece_id }) => piece_id),
  );
  return messages.filter(({ piece_id }) => again.has(piece_id));
}

/**
 * Looking takes CPU, putting takes time: one portrait is on its way while others are looked at. All at once
 * would only be ready later, and hold all their pictures in memory.
 */
const lookedAtOnce = 2;

async function publishOne(
  images: PublicBucket,
  portrait: rows.PendingPortrait,
  looking: ReturnType<typeof limitConcurrency>,
): Promise<rows.PortraitOutcome> {
  const { piece_id, version } = portrait;
  try {
    const png = await looking(() => portraitOf(images, portrait));
    portrait.base64 = null; // or a batch would hold it all, to the end
    const key = objectKeys.portrait(portrait);
    await images.put(key, png);
    return { piece_id, version, status: "published", error: null, url: images.url(key) };
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

/** The PNG to publish: of the base64 in the row, else of the published image that the row names. */
async function portraitOf(
  images: PublicBucket,
  { base64, image_key, image_bytes }: rows.PendingPortrait,
): Promise<StoredObject> {
  if (base64 !== null) return sanitizeImage(decodePortrait(base64), portraitLimits, "png");
  if (image_key === null || image_bytes === null)
    throw new AppError(
      "image.not_published",
      "The image that this portrait was to be made of is no longer there: send another one",
    );
  const image = await images.get(image_key, image_bytes);
  if (!image) throw new Error(`${image_key} is not in the bucket`);
  return fitPortrait(image, fittedLimits);
}

/** Removes what was written for pieces that were deleted meanwhile; their erasure may have come before. */
async function removeDeleted(
  { sql, images }: Pick<Services, "sql" | "images">,
  late: rows.PendingPortrait[],
) {
  const existing = await rows.findExisting(
    sql,
    late.map(({ piece_id }) => piece_id),
  );
  const deleted = late.filter(({ piece_id }) => !existing.has(piece_id));
  await Promise.all(deleted.map((portrait) => images.remove(objectKeys.portrait(portrait))));
}
