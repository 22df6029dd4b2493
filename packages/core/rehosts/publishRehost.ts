import { createHash } from "node:crypto";
import { AppError, type ErrorCode } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import type { RehostMessage } from "@keepsake/contract/messages";
import { bucketForVisibility } from "../images/bucketForVisibility.ts";
import * as images from "../images/images.sql.ts";
import { publishImage } from "../images/publishImage.ts";
import { rejectImage } from "../images/rejectImage.ts";
import { removePicture } from "../images/storePicture.ts";
import { imageLimits } from "../imaging/validateHeader.ts";
import { PermanentError, RetryableError, reasonOf } from "../outsideServiceErrors.ts";
import type { FileSource, Platform, Services } from "../ports.ts";
import type * as outcomes from "../publishOutcome.ts";
import { redriveAdvice, retryPolicy } from "../retryPolicy.ts";
import * as rows from "./rehostAttempts.sql.ts";

export type RehostServices = Pick<
  Services,
  "sql" | "images" | "privateImages" | "decoder" | "replies"
> & {
  /** Those whose files this process may download. */
  platforms: Partial<Record<Platform, FileSource>>;
  /** Called with why Telegram refused a reply. It is not sent again. */
  onUndelivered: (message: RehostMessage, error: PermanentError) => void;
  onOutcome: outcomes.OnOutcome<RehostMessage>;
};

export const policy = retryPolicy("RehostQueue");

/**
 * Does what is left to do for an image that was claimed. Resolves to false when its message must be delivered
 * again.
 */
export async function publishRehost(
  services: RehostServices,
  image: rows.RehostRow,
): Promise<boolean> {
  const { sql } = services;
  if (image.is_replying) return false; // another worker's reply: when it dies, the message is here again
  try {
    const outcome = image.status === "pending" ? await rehost(services, image) : image;
    if (outcome) await reply(services, image, outcome);
    return true;
  } catch (error) {
    const seconds = error instanceof RetryableError ? error.retryAfterSeconds : undefined;
    const note = `The image could not be fetched or stored yet (${reasonOf(error)}). It is tried again.`;
    const isCounted = !waitsForPlatform(error, image.platform);
    await rows.postpone(sql, image, note, { seconds, isCounted });
    report(services, image, { status: "pending", reason: reasonOf(error), cause: error });
    return seconds !== undefined; // the sweep queues it again after the time the platform asked for
  }
}

type Outcome = Pick<rows.RehostRow, "status" | "url" | "error">;

/** Downloads and publishes a pending image. Resolves to undefined when another worker has finished it. */
async function rehost(
  services: RehostServices,
  image: rows.RehostRow,
): Promise<Outcome | undefined> {
  const { image_id, platform, source, visibility, attempts } = image;
  const { sql, decoder, platforms } = services;
  const bucket = bucketForVisibility(services, visibility);
  let published: images.PublishedImage;
  try {
    const files = platforms[platform];
    if (!files) throw new RetryableError(`This function downloads nothing of ${platform}`);
    const bytes = await files.download(source, imageLimits.bytes);
    const source_sha256 = createHash("sha256").update(bytes).digest("hex");
    const target = { bucket, decoder };
    const known = { sha256: source_sha256 };
    published = {
      ...(await publishImage(target, image_id, bytes, imageLimits, known)),
      source_sha256,
    };
  } catch (error) {
    const refusal = refusalOf(error, platform);
    if (refusal) {
      const [code, message] = refusal;
      const rejected = await rejectImage({ sql }, image_id, code, message, { source });
      if (!rejected) return await unlessSentAgain(services, image);
      report(services, image, { status: "rejected", reason: code, cause: error });
      return { status: "rejected", url: null, error: message };
    }
    if (attempts < policy.maxAttempts || waitsForPlatform(error, platform)) throw error;
    const message = `Gave up after ${attempts} attempts: the image could not be fetched or stored (${reasonOf(error)}). ${redriveAdvice}`;
    const failed = await rows.markFailed(sql, image, message);
    if (!failed) return await unlessSentAgain(services, image);
    report(services, image, { status: "failed", reason: reasonOf(error), cause: error });
    return { status: "failed", url: null, error: message };
  }
  if (await images.markPublished(sql, image_id, published)) {
    report(services, image, { status: "published" });
    return { status: "published", url: published.url, error: null };
  }
  // deleted meanwhile; another worker that published it wrote the very same object
  if (!(await images.exists(sql, image_id))) await removePicture(bucket, published.key);
  return undefined;
}

/**
 * Throws when another URL of the image was sent while this one was tried, so that it is tried with that one, within
 * a minute. Otherwise another worker has finished the image, or it was deleted.
 */
async function unlessSentAgain({ sql }: RehostServices, { image_id }: rows.RehostRow) {
  if (await rows.isPending(sql, image_id))
    throw new RetryableError("The image was sent again meanwhile", { retryAfterSeconds: 0 });
  return undefined;
}

const report = (
  { onOutcome }: RehostServices,
  { image_id, attempts }: rows.RehostRow,
  outcome: outcomes.Outcome,
) => onOutcome({ image_id }, { ...outcome, attempts });

/** The code and the reason when the image can never be published; undefined when a later attempt may. */
function refusalOf(
  error: unknown,
  platform: Platform,
): [code: ErrorCode, message: string] | undefined {
  if (error instanceof AppError) return [error.code, error.message];
  if (!(error instanceof PermanentError)) return undefined;
  if (platform !== "url") return sourceErrors[error.reason];
  return error.reason === "refused" ? ["source.refused", error.message] : urlErrors[error.reason];
}

/** Whether the platform asked for a wait, which counts no attempt. A URL's host could ask again without end. */
const waitsForPlatform = (error: unknown, platform: Platform) =>
  platform !== "url" && error instanceof RetryableError && error.retryAfterSeconds !== undefined;

/** What a platform's refusal means for the sender of the image. */
const sourceErrors: Record<PermanentError["reason"], [code: ErrorCode, message: string]> = {
  too_large: ["source.too_large", `The image is over ${limits.image_bytes / 1e6} MB`],
  gone: ["source.gone", "The image is no longer available there: send it again"],
  refused: ["source.refused", "The platform does not give out the image: send it another way"],
};

/** Those of URLs: one that is refused says why itself. */
const urlErrors: Omit<typeof sourceErrors, "refused"> = {
  too_large: sourceErrors.too_large,
  gone: ["source.gone", "The URL does not give out the image, or no longer: send a new URL of it"],
};

/**
 * Replies to the sender, if there is one, once for a message: an image that failed, was redriven and is
 * published then is not mentioned again. A sender who blocked the bot gets no second try.
 */
async function reply(
  { sql, replies, onUndelivered }: RehostServices,
  image: rows.RehostRow,
  outcome: Outcome,
): Promise<void> {
  const { chat_id, message_id } = image.source as Partial<rows.TelegramSource>;
  if (replies && image.replied_at === null && chat_id !== undefined && message_id !== undefined)
    try {
      const text = replyText(outcome);
      await replies.sendMessage({ chat_id, text, reply_to_message_id: message_id });
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      onUndelivered({ image_id: image.image_id }, error);
    }
  await rows.markReplied(sql, image);
}

function replyText({ status, url, error }: Outcome): string {
  if (url !== null) return url;
  if (status === "failed")
    return "This picture could not be stored, although it was tried many times. Send it again later.";
  return `This picture could not be stored. ${error}.`;
}
