import type { Update } from "@grammyjs/types";
import { BotApiError } from "./botApiError.ts";
import { integerOf, type Parameters } from "./requestParameters.ts";
import type { UpdateQueue } from "./updateQueue.ts";

/** `getUpdates`: at most one request waits, and the request after it ends it with a conflict, as does a webhook. */
export function createPolling(queue: UpdateQueue) {
  let waiting: { conflict(description: string): void } | undefined;

  return {
    /** An update is confirmed, so that it does not come again, by an `offset` above its id. */
    async getUpdates(parameters: Parameters, signal: AbortSignal): Promise<Update[]> {
      const offset = integerOf(parameters.offset, 0);
      const limit = integerOf(parameters.limit, 100, 1, 100);
      const seconds = integerOf(parameters.timeout, 0, 0, maxSeconds);
      queue.allow(parameters.allowed_updates);
      if (offset > 0) queue.remove(({ update_id }) => update_id < offset);
      else if (offset < 0) {
        const kept = new Set(oldestFirst().slice(offset));
        queue.remove((update) => !kept.has(update));
      }
      if (oldestFirst().length === 0 && seconds > 0) await nextUpdate(seconds, signal);
      return oldestFirst().slice(0, limit);
    },
    endByWebhook: () => waiting?.conflict("terminated by setWebhook request"),
    /** Ends a request that waits, so that the server can stop. */
    stop: () => waiting?.conflict("the server stops"),
  };

  function nextUpdate(seconds: number, signal: AbortSignal): Promise<void> {
    waiting?.conflict(
      "terminated by other getUpdates request; make sure that only one bot instance is running",
    );
    return new Promise((resolve, reject) => {
      const self = {
        conflict(description: string) {
          reject(conflict(description));
          end();
        },
      };
      const end = () => {
        if (waiting === self) waiting = undefined;
        queue.events.off("update", arrived);
        clearTimeout(timer);
        resolve();
      };
      // a moment later, so that the messages of an album come together
      const arrived = () => setTimeout(end, 2);
      const timer = setTimeout(end, seconds * 1_000);
      queue.events.once("update", arrived);
      signal.addEventListener("abort", end);
      waiting = self;
    });
  }

  function oldestFirst() {
    return queue.all().toSorted((a, b) => a.update_id - b.update_id);
  }
}

export const conflict = (reason: string) =>
  new BotApiError({ error_code: 409, description: `Conflict: ${reason}` });

/** Telegram shortens a longer timeout to this. */
const maxSeconds = 50;
