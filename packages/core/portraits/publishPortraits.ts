import { AppError } from "@keepsake/contract/errors";
import type { PortraitMessage } from "@keepsake/contract/messages";
import pLimit from "p-limit";
import * as erasures from "../erasures/erasures.ts";
import { objectAndCopiesToErase } from "../images/objectAndCopiesToErase.ts";
import * as objectKeys from "../images/objectKeys.ts";
import { isUnsettled, shownVersion, versionObjects } from "../images/portraitObjectsToErase.ts";
import { readPublished } from "../images/readObject.ts";
import { removePicture, storePicture } from "../images/storePicture.ts";
import { fitPortrait } from "../imaging/fitPortrait.ts";
import { type PictureWithCopies, sanitizePortrait } from "../imaging/sanitizeImage.ts";
import { fittedLimits, portraitLimits } from "../imaging/validateHeader.ts";
import { newId } from "../newId.ts";
import { reasonOf } from "../outsideServiceErrors.ts";
import type { Services } from "../ports.ts";
import type { OnOutcome, Outcome } from "../publishOutcome.ts";
import { redriveAdvice, retryPolicy } from "../retryPolicy.ts";
import { decodePortraitBase64 } from "./decodePortraitBase64.ts";
import * as rows from "./portraits.sql.ts";

type PortraitServices = Pick<Services, "sql" | "images" | "decoder"> & {
  onOutcome: OnOutcome<PortraitMessage>;
};

/**
 * Moves a batch of portraits from their rows to the bucket, concurrently, and writes their permanent URLs.
 * A portrait that was tried before may have ended its function: it is taken alone, after all others are
 * saved, those with the fewest attempts first. Resolves to the messages to deliver again. A portrait that
 * can never become an image is not among them: its row says why. Nor is one that failed for the last time.
 * Safe to repeat and to reorder.
 */
export async function publishPortraits(
  services: PortraitServices,
  messages: PortraitMessage[],
): Promise<PortraitMessage[]> {
  const { sql } = services;
  const untried = await rows.claim(sql, messages, { maxAttempts: 1 });
  const pending = await publishClaimed(services, untried);
  const others = messages.filter(
    ({ piece_id, version }) =>
      !untried.some((taken) => taken.piece_id === piece_id && taken.version === version),
  );
  const tried = others.length > 0 ? await rows.findTried(sql, others, policy) : [];
  for (const message of tried)
    pending.push(...(await publishClaimed(services, await rows.claim(sql, [message], policy))));
  return messages.filter(({ piece_id }) => pending.includes(piece_id));
}

const policy = retryPolicy("PortraitQueue");

/** Publishes portraits concurrently and saves their outcomes. Resolves to the ids of those to try again. */
async function publishClaimed(
  services: PortraitServices,
  portraits: rows.ClaimedPortrait[],
): Promise<string[]> {
  if (portraits.length === 0) return [];
  const { sql, images } = services;
  const limitDecoding = pLimit(concurrentDecodes);
  const causes: Causes = new Map();
  const outcomes = await Promise.all(
    portraits.map((portrait) => publishOne(services, portrait, limitDecoding, causes)),
  );
  const saved = new Set(await saveOutcomes(sql, portraits, outcomes));
  for (const { piece_id, version, attempts } of portraits.filter((p) => saved.has(p.piece_id)))
    services.onOutcome(
      { piece_id, version },
      { ...outcomeOf(causes.get(piece_id), attempts), attempts },
    );
  const unsaved = portraits.filter((portrait, index) => {
    return outcomes[index]!.status === "published" && !saved.has(portrait.piece_id);
  });
  if (unsaved.length > 0) await removeDeleted({ sql, images }, unsaved);
  return outcomes.filter(({ status }) => status === "pending").map(({ piece_id }) => piece_id);
}

/**
 * Decoding takes CPU and uploading takes time, so one portrait is uploaded while others are decoded. This
 * process goes over the bytes of one while the decoder's process works on another. Decoding all at once would
 * be no faster, and hold every picture in memory.
 */
const concurrentDecodes = 2;

async function publishOne(
  services: PortraitServices,
  portrait: rows.ClaimedPortrait,
  limitDecoding: ReturnType<typeof pLimit>,
  causes: Causes,
): Promise<rows.PortraitOutcome> {
  const { piece_id, version, attempts } = portrait;
  try {
    const png = await limitDecoding(() => portraitPng(services, portrait));
    portrait.base64 = null; // frees its memory before the whole batch is done
    const key = objectKeys.portrait(portrait);
    const { images: bucket, decoder } = services;
    const published = await storePicture({ bucket, decoder }, key, png);
    const url = bucket.url(key);
    const variants = [
      ...published.variants.map((size) => ({
        ...size,
        url: bucket.url(objectKeys.variant(key, size.width)),
      })),
      { width: png.width, height: png.height, url },
    ];
    const { stored_bytes } = published;
    const shown = { url, variants, stored_bytes };
    const saved = { piece_id, version, status: "published", error: null, ...shown } as const;
    const replaced_version = shownVersion(portrait.shown_url);
    const replaced_keys = replacedKeys(portrait, replaced_version);
    if (replaced_keys.length === 0) return saved;
    return { ...saved, erasure_id: newId(), replaced_keys, replaced_version };
  } catch (error) {
    causes.set(piece_id, error);
    if (error instanceof AppError)
      return { piece_id, version, status: "rejected", error: error.message, url: null };
    const reason = reasonOf(error);
    if (attempts < policy.maxAttempts) {
      const pending = `The portrait could not be stored yet (${reason}). It is tried again.`;
      return { piece_id, version, status: "pending", error: pending, url: null };
    }
    const failed = `Gave up after ${attempts} attempts: the portrait could not be stored (${reason}). ${redriveAdvice}`;
    return { piece_id, version, status: "failed", error: failed, url: null };
  }
}

/** Why portraits were not published, by piece. */
type Causes = Map<string, unknown>;

function outcomeOf(cause: unknown, attempts: number): Outcome {
  if (cause === undefined) return { status: "published" };
  if (cause instanceof AppError) return { status: "rejected", reason: cause.code, cause };
  const status = attempts < policy.maxAttempts ? "pending" : "failed";
  return { status, reason: reasonOf(cause), cause };
}

/** The keys of the version that is shown until now and of those that were replaced before they were published. */
function replacedKeys(portrait: rows.ClaimedPortrait, shown: number | undefined): string[] {
  const isUnlisted = (version: number) => isUnsettled({ ...portrait, shown }, version);
  return versionObjects(
    portrait,
    (version) => version < portrait.version && (version === shown || isUnlisted(version)),
  ).map(({ key }) => key);
}

/**
 * Saves a batch's outcomes, and resolves to the ids of the rows that were written. What an earlier attempt
 * may have stored of a portrait that is now rejected is erased.
 */
async function saveOutcomes(
  sql: Services["sql"],
  portraits: rows.ClaimedPortrait[],
  outcomes: rows.PortraitOutcome[],
): Promise<string[]> {
  const ids = (saved: { piece_id: string }[]) => saved.map(({ piece_id }) => piece_id);
  if (outcomes.every(({ status }) => status !== "rejected"))
    return ids(await rows.saveOutcomes(sql, outcomes));
  return sql.begin(async (tx) => {
    const saved = await rows.saveOutcomes(tx, outcomes);
    for (const { piece_id, status, attempts } of saved) {
      if (status !== "rejected" || attempts === 1) continue;
      const portrait = portraits.find((claimed) => claimed.piece_id === piece_id)!;
      const key = objectKeys.portrait(portrait);
      await erasures.start(tx, portrait.owner_id, objectAndCopiesToErase(key));
    }
    return ids(saved);
  });
}

/** The PNG to publish, with its smaller copies: from the base64 in the row, else from the published image that the row names. */
async function portraitPng(
  { images, decoder }: PortraitServices,
  { base64, image_key, image_bytes, image_sha256 }: rows.ClaimedPortrait,
): Promise<PictureWithCopies> {
  if (base64 !== null)
    return sanitizePortrait(decoder, decodePortraitBase64(base64), portraitLimits);
  if (image_key === null || image_bytes === null || image_sha256 === null)
    throw new AppError(
      "image.not_published",
      "The image that this portrait was to be made of no longer exists: send another one",
    );
  const image = await readPublished(images, {
    key: image_key,
    bytes: image_bytes,
    sha256: image_sha256,
  });
  if (!image) throw new Error(`${image_key} is not in the bucket`);
  return fitPortrait(decoder, image, fittedLimits);
}

/** Removes the objects of pieces that were deleted while they were written, perhaps after their erasure. */
async function removeDeleted(
  { sql, images }: Pick<Services, "sql" | "images">,
  unsaved: rows.ClaimedPortrait[],
) {
  const existing = await rows.findExisting(
    sql,
    unsaved.map(({ piece_id }) => piece_id),
  );
  const deleted = unsaved.filter(({ piece_id }) => !existing.has(piece_id));
  await Promise.all(
    deleted.map((portrait) => removePicture(images, objectKeys.portrait(portrait))),
  );
}
