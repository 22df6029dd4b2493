import { AppError } from "@keepsake/contract/errors";
import type { UploadMessage } from "@keepsake/contract/messages";
import { rejectImage } from "../images/rejectImage.ts";
import { reasonOf } from "../outsideServiceErrors.ts";
import { redriveAdvice, retryPolicy } from "../retryPolicy.ts";
import * as rows from "./pendingUploads.sql.ts";
import { type PublishingServices, publishUpload } from "./publishUpload.ts";

/**
 * Publishes what arrived for a batch of uploads whose URLs have expired: their pages did not complete them.
 * An upload that was tried before may have ended its function: it is taken alone, after all others are saved,
 * those with the fewest attempts first. Resolves to the messages to deliver again. An upload of which nothing
 * has arrived is not among them, nor one that can never be published or that failed for the last time.
 */
export async function completeQueuedUploads(
  services: PublishingServices,
  messages: UploadMessage[],
): Promise<UploadMessage[]> {
  const upload_ids = messages.map(({ upload_id }) => upload_id);
  const pending = await rows.begin(services.sql, upload_ids, policy);
  const untried = pending.filter(({ attempts }) => attempts === 0);
  const retried = await finishAll(services, untried);
  const tried = pending.filter(({ attempts }) => attempts > 0);
  for (const upload of tried.sort(byAttempts))
    retried.push(...(await finishAll(services, [upload])));
  return messages.filter(({ upload_id }) => retried.includes(upload_id));
}

const policy = retryPolicy("UploadQueue");

const byAttempts = (a: rows.PendingUpload, b: rows.PendingUpload) =>
  a.attempts - b.attempts || (a.image_id < b.image_id ? -1 : 1);

/** Resolves to the ids of the uploads whose messages must be delivered again. */
async function finishAll(
  services: PublishingServices,
  uploads: rows.PendingUpload[],
): Promise<string[]> {
  const finished = await Promise.all(uploads.map((upload) => finish(services, upload)));
  return uploads.filter((_, index) => !finished[index]).map(({ image_id }) => image_id);
}

/** Publishes an upload. Resolves to false when its message must be delivered again. */
async function finish(
  services: PublishingServices,
  { is_last_look, ...upload }: rows.PendingUpload,
): Promise<boolean> {
  const { sql, onOutcome } = services;
  const { image_id } = upload;
  try {
    if (await publishUpload(services, upload)) return true;
  } catch (error) {
    if (error instanceof AppError) return true; // the row says why
    const reason = reasonOf(error);
    const isFailed = await rows.postponeOrFail(sql, image_id, policy, {
      pending: `The upload could not be read, decoded or stored yet (${reason}). It is tried again.`,
      failed: `Gave up after ${policy.maxAttempts} attempts: the upload could not be read, decoded or stored (${reason}). ${redriveAdvice}`,
    });
    const status = isFailed ? "failed" : "pending";
    onOutcome({ upload_id: image_id }, { status, reason, cause: error });
    return isFailed;
  }
  if (is_last_look) {
    if (await rejectImage(services, image_id, "upload.expired", expired, { storedNothing: 0 }))
      onOutcome({ upload_id: image_id }, { status: "rejected", reason: "upload.expired" });
  } else await rows.lookAgain(sql, image_id);
  return true;
}

const expired = "The file did not arrive in time: ask for a new upload";
