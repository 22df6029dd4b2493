import type { Input, Output } from "@keepsake/contract/api";
import { AppError, type ErrorCode } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import type { RehostMessage } from "@keepsake/contract/messages";
import { v7 as uuidv7 } from "uuid";
import * as images from "../images/images.sql.ts";
import { publish } from "../images/publishImage.ts";
import { imageLimits } from "../imaging/validateHeader.ts";
import type { Services } from "../ports.ts";
import type { TelegramSource } from "../telegram/parseUpdate.ts";
import { PermanentError, RetryableError } from "./platformErrors.ts";
import * as rows from "./rehosts.sql.ts";

/**
 * Asks for an image of a platform to be re-hosted, for another backend or bot. A file that is no such
 * platform's is `source.refused`; one that was published before is answered as it is.
 */
export async function request(
  services: Pick<Services, "sql" | "rehostQueue" | "identify">,
  { owner_id, source }: Input<"rehostImage"> & { owner_id: string },
): Promise<Output<"rehostImage">> {
  const { platform } = source;
  const file =
    source.platform === "telegram"
      ? services.identify.telegram(source)
      : services.identify.discord(source);
  if (!file)
    throw new AppError("source.refused", `This is not the address of a file on ${platform}`);
  const rehost = { image_id: uuidv7(), owner_id, platform, ...file };
  await queue(services, rehost);
  return { image: await rows.findByReference(services.sql, rehost) };
}

/** Writes the row, then asks for the work. A queue that is down delays it until the next sweep. */
export async function queue(
  { sql, rehostQueue }: Pick<Services, "sql" | "rehostQueue">,
  rehost: rows.NewRehost,
): Promise<void> {
  if (!(await rows.request(sql, rehost))) return;
  const { image_id } = await rows.findByReference(sql, rehost);
  const unsent = await rehostQueue.send([{ image_id }]);
  if (unsent.length > 0) await rows.markUnsent(sql, [image_id]);
}

/**
 * Fetches, publishes and answers a batch of images, side by side. Resolves to the messages to deliver
 * again. What can never be published is not among them: its row and its sender are told why.
 */
export async function publishBatch(
  services: Pick<Services, "sql" | "images" | "platforms" | "replies">,
  messages: RehostMessage[],
): Promise<RehostMessage[]> {
  const unfinished = await rows.findUnfinished(
    services.sql,
    messages.map(({ image_id }) => image_id),
  );
  const done = await Promise.all(unfinished.map((image) => finish(services, image)));
  const again = new Set(
    unfinished.filter((_, index) => !done[index]).map(({ image_id }) => image_id),
  );
  return messages.filter(({ image_id }) => again.has(image_id));
}

/** Takes an image as far as it goes now. Resolves to false when its message should come again. */
async function finish(
  services: Pick<Services, "sql" | "images" | "platforms" | "replies">,
  image: rows.RehostRow,
): Promise<boolean> {
  const { sql } = services;
  try {
    const outcome = image.status === "pending" ? await rehost(services, image) : image;
    if (outcome) await reply(services, image, outcome);
    return true;
  } catch (error) {
    const seconds = error instanceof RetryableError ? error.retryAfterSeconds : undefined;
    const reason = error instanceof Error ? error.name : "unknown error";
    const note = `The image could not be fetched or stored yet (${reason}). It is tried again.`;
    await rows.postpone(sql, image.image_id, note, seconds);
    return seconds !== undefined; // the sweep sends it again when the platform's time has come
  }
}

type Outcome = { url: string | null; error: string | null };

/** Fetches and publishes a pending image. Resolves to undefined when somebody else was faster. */
async function rehost(
  { sql, images: bucket, platforms }: Pick<Services, "sql" | "images" | "platforms">,
  { image_id, platform, source }: rows.RehostRow,
): Promise<Outcome | undefined> {
  let published: images.PublishedImage;
  try {
    const bytes = await platforms[platform].download(source, imageLimits.bytes);
    published = await publish(bucket, image_id, bytes, imageLimits);
  } catch (error) {
    if (!(error instanceof AppError || error instanceof PermanentError)) throw error;
    const [code, message] =
      error instanceof AppError ? [error.code, error.message] : unavailable[error.reason];
    const { count } = await images.markRejected(sql, image_id, code, message);
    return count === 1 ? { url: null, error: message } : undefined;
  }
  if (await images.markPublished(sql, image_id, published))
    return { url: published.url, error: null };
  // deleted meanwhile; a twin that published it would have written the very same object
  if (!(await images.exists(sql, image_id))) await bucket.remove(published.key);
  return undefined;
}

/** What a platform's refusal means to who sent the image. */
const unavailable: Record<PermanentError["reason"], [code: ErrorCode, message: string]> = {
  too_large: ["source.too_large", `The image is over ${limits.image_bytes / 1e6} MB`],
  gone: ["source.gone", "The image is no longer available there: send it again"],
  refused: ["source.refused", "The platform does not hand the image out: send it another way"],
};

/** Tells the sender, where there is one to tell. Who blocked the bot is not asked again. */
async function reply(
  { sql, replies }: Pick<Services, "sql" | "replies">,
  image: rows.RehostRow,
  { url, error }: Outcome,
): Promise<void> {
  const { chat_id, message_id } = image.source as Partial<TelegramSource>;
  if (replies && chat_id !== undefined && message_id !== undefined)
    try {
      const text = url ?? `This picture cannot be kept. ${error}.`;
      await replies.sendMessage({ chat_id, text, reply_to_message_id: message_id });
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
    }
  await rows.markReplied(sql, image);
}
