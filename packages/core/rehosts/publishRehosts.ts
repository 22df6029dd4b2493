import { createHash } from "node:crypto";
import { AppError, type ErrorCode } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import type { RehostMessage } from "@keepsake/contract/messages";
import { imageBucket } from "../images/imageBucket.ts";
import * as images from "../images/images.sql.ts";
import { publishImage } from "../images/publishImage.ts";
import { removePicture } from "../images/publishPicture.ts";
import { rejectImage } from "../images/rejectImage.ts";
import { imageLimits } from "../imaging/validateHeader.ts";
import type * as outcomes from "../outcome.ts";
import type { Services } from "../ports.ts";
import { redriveAdvice, retryPolicy } from "../queueing.ts";
import { PermanentError, RetryableError, reasonOf } from "../serviceErrors.ts";
import * as rows from "./rehosts.sql.ts";

type RehostServices = Pick<
  Services,
  "sql" | "images" | "privateImages" | "decoder" | "platforms" | "replies"
> & {
  /** Called with why Telegram refused a reply. It is not sent again. */
  onUndelivered: (message: RehostMessage, error: PermanentError) => void;
  onOutcome: outcomes.OnOutcome<RehostMessage>;
};

/**
 * Downloads and publishes a batch of images concurrently, and replies to their senders. An image that was
 * tried before may have ended its function: it is taken alone, after all others are saved, those with the
 * fewest attempts first. Resolves to the messages to deliver again. An image that can never be published,
 * or that failed for the last time, is not among them: its row and its sender get the reason.
 */
export async function publishRehosts(
  services: RehostServices,
  messages: RehostMessage[],
): Promise<RehostMessage[]> {
  const { sql } = services;
  const image_ids = messages.map(({ image_id }) => image_id);
  const untried = await rows.claim(sql, image_ids, { ...policy, maxAttempts: 1 });
  const retried = await finishAll(services, untried);
  const others = image_ids.filter((id) => !untried.some(({ image_id }) => image_id === id));
  const tried = others.length > 0 ? await rows.findTried(sql, others, policy) : [];
  for (const { image_id } of tried)
    retried.push(...(await finishAll(services, await rows.claim(sql, [image_id], policy))));
  return messages.filter(({ image_id }) => retried.includes(image_id));
}

/** Resolves to the ids of the images whose messages must be delivered again. */
async function finishAll(services: RehostServices, images: rows.RehostRow[]): Promise<string[]> {
  const finished = await Promise.all(images.map((image) => finish(services, image)));
  return images.filter((_, index) => !finished[index]).map(({ image_id }) => image_id);
}

const policy = retryPolicy("RehostQueue");

/** Does what is left to do for an image. Resolves to false when its message must be delivered again. */
async function finish(services: RehostServices, image: rows.RehostRow): Promise<boolean> {
  const { sql } = services;
  if (image.is_replying) return false; // another worker's reply: when it dies, the message is here again
  try {
    const outcome = image.status === "pending" ? await rehost(services, image) : image;
    if (outcome) await reply(services, image, outcome);
    return true;
  } catch (error) {
    const seconds = error instanceof RetryableError ? error.retryAfterSeconds : undefined;
    const note = `The image could not be fetched or stored yet (${reasonOf(error)}). It is tried again.`;
    await rows.postpone(sql, image.image_id, note, seconds);
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
  const bucket = imageBucket(services, visibility);
  let published: images.PublishedImage;
  try {
    const bytes = await platforms[platform].download(source, imageLimits.bytes);
    const source_sha256 = createHash("sha256").update(bytes).digest("hex");
    published = {
      ...(await publishImage({ bucket, decoder }, image_id, bytes, imageLimits)),
      source_sha256,
    };
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal) {
      const [code, message] = refusal;
      const rejected = await rejectImage({ sql }, image_id, code, message);
      if (!rejected) return undefined;
      report(services, image, { status: "rejected", reason: code, cause: error });
      return { status: "rejected", url: null, error: message };
    }
    if (attempts < policy.maxAttempts || waitsForPlatform(error)) throw error;
    const message = `Gave up after ${attempts} attempts: the image could not be fetched or stored (${reasonOf(error)}). ${redriveAdvice}`;
    const failed = await rows.markFailed(sql, image_id, message);
    if (!failed) return undefined;
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

const report = (
  { onOutcome }: RehostServices,
  { image_id, attempts }: rows.RehostRow,
  outcome: outcomes.Outcome,
) => onOutcome({ image_id }, { ...outcome, attempts });

/** The code and the reason when the image can never be published; undefined when a later attempt may. */
function refusalOf(error: unknown): [code: ErrorCode, message: string] | undefined {
  if (error instanceof AppError) return [error.code, error.message];
  return error instanceof PermanentError ? sourceErrors[error.reason] : undefined;
}

const waitsForPlatform = (error: unknown) =>
  error instanceof RetryableError && error.retryAfterSeconds !== undefined;

/** What a platform's refusal means for the sender of the image. */
const sourceErrors: Record<PermanentError["reason"], [code: ErrorCode, message: string]> = {
  too_large: ["source.too_large", `The image is over ${limits.image_bytes / 1e6} MB`],
  gone: ["source.gone", "The image is no longer available there: send it again"],
  refused: ["source.refused", "The platform does not give out the image: send it another way"],
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
