import type { RehostMessage } from "@keepsake/contract/messages";
import { policy, publishRehost, type RehostServices } from "./publishRehost.ts";
import * as rows from "./rehostAttempts.sql.ts";

/**
 * Downloads and publishes a batch of images concurrently, and replies to their senders. An image that was
 * tried before may have ended its function: it is taken alone, after all others are saved, those with the
 * fewest attempts first, and only within `beginMs` of the batch: the function has time to finish it. Resolves to the
 * messages to deliver again, among them those of images that a request is working on. An image that can never be
 * published, or that failed for the last time, is not among them: its row and its sender get the reason.
 */
export async function publishQueuedRehosts(
  services: RehostServices,
  messages: RehostMessage[],
  { beginMs = policy.attemptSeconds * 500 } = {},
): Promise<RehostMessage[]> {
  const { sql } = services;
  const end = performance.now() + beginMs;
  const image_ids = messages.map(({ image_id }) => image_id);
  const untried = await rows.claim(sql, image_ids, { ...policy, maxAttempts: 1 });
  const retried = await finishAll(services, untried);
  const others = image_ids.filter((id) => !untried.some(({ image_id }) => image_id === id));
  const tried = others.length > 0 ? await rows.findTried(sql, others, policy) : [];
  for (const { image_id, is_held } of tried)
    if (is_held || performance.now() > end) retried.push(image_id);
    else retried.push(...(await finishAll(services, await rows.claim(sql, [image_id], policy))));
  return messages.filter(({ image_id }) => retried.includes(image_id));
}

/** Resolves to the ids of the images whose messages must be delivered again. */
async function finishAll(services: RehostServices, images: rows.RehostRow[]): Promise<string[]> {
  const finished = await Promise.all(images.map((image) => publishRehost(services, image)));
  return images.filter((_, index) => !finished[index]).map(({ image_id }) => image_id);
}
