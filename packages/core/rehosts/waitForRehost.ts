import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import type { Services } from "../ports.ts";
import { retryPolicy } from "../retryPolicy.ts";
import * as rows from "./heldRehosts.sql.ts";

/**
 * The message of an image that a request works on arrives when the request has ended, and so has its hold, which may
 * begin seconds after the message is sent. It finishes the image when the request could not.
 */
export const delayedMessage = { delaySeconds: limits.rehost_wait_seconds + 15 };

/** A request holds its image for a little longer than it may work on it. */
const holdSeconds = limits.rehost_wait_seconds + 2;

export type RehostNow = (
  image_id: string,
  options: { holdSeconds: number; signal: AbortSignal },
) => Promise<boolean>;

/**
 * Works on a pending image, or waits for the consumer that works on it already, for up to `waitMs`. Resolves when the
 * image is finished, when the attempt failed and is repeated later, when the time is over, or at once when the image
 * is another request's. Without `rehostNow` only a consumer can do the work. Throws what a rejected image was rejected
 * with.
 */
export async function waitForRehost(
  { sql }: Pick<Services, "sql">,
  image_id: string,
  { rehostNow, waitMs }: { rehostNow: RehostNow | undefined; waitMs: number },
): Promise<void> {
  const signal = AbortSignal.timeout(waitMs);
  const isOver = new Promise<boolean>((resolve) => {
    signal.addEventListener("abort", () => resolve(true));
  });
  const work = rehostNow?.(image_id, { holdSeconds, signal });
  work?.catch(() => {}); // when it is abandoned; the race reports any other error
  const isDone = work ? await Promise.race([work, isOver]) : false;

  for (let outcome = await rows.findOutcome(sql, image_id, policy); outcome; ) {
    const { status, error, error_code, is_with_consumer } = outcome;
    if (status === "rejected" && error_code !== null)
      throw new AppError(error_code, error ?? "", { details: { image_id } });
    if (status !== "pending" || isDone || signal.aborted) return;
    if (rehostNow && !is_with_consumer) return;
    await sleep(pollMs);
    outcome = await rows.findOutcome(sql, image_id, policy);
  }
}

const policy = retryPolicy("RehostQueue");
const pollMs = 300;
