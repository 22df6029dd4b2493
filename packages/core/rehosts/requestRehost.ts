import type { Input, Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import { imageNotFound } from "../images/imageErrors.ts";
import { presentImage } from "../images/presentImage.ts";
import { newId } from "../newId.ts";
import { PermanentError } from "../outsideServiceErrors.ts";
import { isFull, ownerFull } from "../owners/storageQuota.ts";
import type { Services } from "../ports.ts";
import { retryPolicy } from "../retryPolicy.ts";
import { sendOrMarkUnsent } from "../sendOrMarkUnsent.ts";
import * as queue from "./queuedRehosts.sql.ts";
import * as rows from "./requestedRehosts.sql.ts";
import { delayedMessage, type RehostNow, waitForRehost } from "./waitForRehost.ts";

/**
 * Requests that an image of a platform is re-hosted, for another backend or bot. A source that is not a
 * file of the platform is `source.refused`. One that was published before is answered as it is, whatever
 * its visibility. A new one is `owner.full` when the owner has stored all that it may, and `upload.too_many` when too
 * many of its re-hosts are pending. With `wait` the image is published in this request if the time is enough, of which
 * `remainingMs` is left; Telegram's files only a consumer can download.
 */
export async function requestRehost(
  services: Pick<Services, "sql" | "rehostQueue" | "identify" | "privateUrls" | "ownerBytes"> & {
    rehostNow: RehostNow;
  },
  {
    owner_id,
    source,
    visibility = "public",
    keep_prompt,
    wait = false,
  }: Input<"rehostImage"> & { owner_id: string },
  { remainingMs = () => Number.POSITIVE_INFINITY } = {},
): Promise<Output<"rehostImage">> {
  const { platform } = source;
  const file = identify(services, source);
  const rehost = { image_id: newId(), owner_id, platform, visibility, keep_prompt, ...file };
  if (await isFull(services.sql, services, owner_id))
    if (!takesNoRoom(await rows.findByReference(services.sql, rehost)))
      throw ownerFull(services.ownerBytes);
  const rehostNow = wait && platform !== "telegram" ? services.rehostNow : undefined;
  await queueRehost(services, rehost, rehostNow && delayedMessage);
  if (wait) {
    const image = await rows.findByReference(services.sql, rehost);
    if (!image) throw imageNotFound();
    const waitMs = Math.min(limits.rehost_wait_seconds * 1_000, remainingMs() - answerMs);
    await waitForRehost(services, image.image_id, { rehostNow, waitMs: Math.max(0, waitMs) });
  }
  const image = await rows.findByReference(services.sql, rehost);
  if (!image) throw imageNotFound(); // deleted meanwhile
  return { image: await presentImage(services, image) };
}

/** What a request that waited needs to answer. */
const answerMs = 3_000;

/** An image that is published, or takes its room already. */
export const takesNoRoom = (image: rows.FoundImage) =>
  image?.status === "published" || image?.status === "pending";

/** Throws `source.refused` for a source that is not a file of its platform, or a URL that may not be fetched. */
function identify(
  { identify }: Pick<Services, "identify">,
  source: Input<"rehostImage">["source"],
) {
  switch (source.platform) {
    case "telegram":
      return identify.telegram(source) ?? refuse("This is not the id of a file on telegram");
    case "discord":
      return identify.discord(source) ?? refuse("This is not the address of a file on discord");
    case "url":
      return identifyUrl(identify, source);
  }
}

function identifyUrl({ url }: Services["identify"], source: Parameters<typeof url>[0]) {
  try {
    return url(source);
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    return refuse(
      `${error.message}: send one with https, without port and credentials, of a host that GET /rehosts/hosts lists`,
    );
  }
}

function refuse(message: string): never {
  throw new AppError("source.refused", message);
}

/**
 * Writes the row, then queues the work: again for work that no worker has begun, because an earlier request
 * may have ended between the two, and for work that waits when it has got another URL or is done in a request.
 * A queue that is down delays it until the next sweep.
 */
export async function queueRehost(
  { sql, rehostQueue }: Pick<Services, "sql" | "rehostQueue">,
  rehost: rows.NewRehost,
  options: { delaySeconds?: number } = {},
): Promise<void> {
  const hasNewUrl = rehost.platform !== "telegram" && (await rows.replaceUrl(sql, rehost));
  const isTriedNow = hasNewUrl || options.delaySeconds !== undefined;
  const idleSeconds = isTriedNow ? retryPolicy("RehostQueue").attemptSeconds : undefined;
  const image_id = (await upsert(sql, rehost))
    ? (await rows.findByReference(sql, rehost))?.image_id
    : await rows.findUnbegun(sql, rehost, idleSeconds);
  if (image_id === undefined) return;
  const markUnsent = (unsent: { image_id: string }[]) => queue.markUnsent(sql, unsent);
  await sendOrMarkUnsent(rehostQueue, [{ image_id }], markUnsent, options);
}

/**
 * As `rows.upsert`. Of the platforms whose images any caller can name, `upload.too_many` when an image would be pending
 * beyond those that its owner may have.
 */
async function upsert(sql: Services["sql"], rehost: rows.NewRehost): Promise<boolean> {
  if (rehost.platform === "telegram") return rows.upsert(sql, rehost);
  return sql.begin(async (tx) => {
    await rows.lockPending(tx, rehost);
    const isPending = await rows.upsert(tx, rehost);
    if (isPending && (await rows.countPending(tx, rehost)) > limits.pending_rehosts)
      throw new AppError(
        "upload.too_many",
        `${limits.pending_rehosts} of your re-hosts are pending: wait until some are finished`,
        { retryAfterSeconds: 10 },
      );
    return isPending;
  });
}
