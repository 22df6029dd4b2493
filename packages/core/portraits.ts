import { AppError } from "@keepsake/contract/errors";
import type { PortraitMessage } from "@keepsake/contract/messages";
import { admit, portraitLimits } from "./imaging/admit.ts";
import { decodeBase64 } from "./imaging/base64.ts";
import { cleanPng } from "./imaging/clean.ts";
import * as rows from "./portraits.sql.ts";
import type { Bucket, Services } from "./ports.ts";

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

  const outcomes = await Promise.all(portraits.map((portrait) => publishOne(images, portrait)));
  await rows.settle(sql, outcomes);

  const again = new Set(
    outcomes.filter(({ status }) => status === "pending").map(({ piece_id }) => piece_id),
  );
  return messages.filter(({ piece_id }) => again.has(piece_id));
}

/** Where a portrait lives. Made of ids only, and written once: a new version is a new key. */
export function portraitKey({ world_id, piece_id, version }: Omit<rows.PendingPortrait, "base64">) {
  const suffix = version === 1 ? "" : `_v${version}`;
  return `portraits/${world_id}/${piece_id}_portrait${suffix}.png`;
}

async function publishOne(
  images: Bucket,
  { base64, ...portrait }: rows.PendingPortrait,
): Promise<rows.PortraitOutcome> {
  const { piece_id, version } = portrait;
  try {
    const { bytes, label } = decodeBase64(base64 ?? "");
    admit(bytes, portraitLimits, label);
    const png = await cleanPng(bytes, portraitLimits);
    const key = portraitKey(portrait);
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
