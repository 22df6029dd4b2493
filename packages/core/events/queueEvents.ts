import type { Services } from "../ports.ts";
import { retryPolicy } from "../retryPolicy.ts";
import { sendOrMarkUnsent } from "../sendOrMarkUnsent.ts";
import { claimNew, markUnsent } from "./events.sql.ts";

/**
 * After the commit: queues the events of images, pieces and erasures that have just changed. What is not queued
 * here, the next sweep queues.
 */
export async function queueEvents(
  { sql, eventQueue }: Pick<Services, "sql" | "eventQueue">,
  subject_ids: string[],
): Promise<void> {
  if (!eventQueue || subject_ids.length === 0) return;
  const messages = await claimNew(sql, subject_ids, retryPolicy("EventQueue"));
  await sendOrMarkUnsent(eventQueue, messages, (unsent) => markUnsent(sql, unsent));
}
