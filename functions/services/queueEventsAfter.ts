import { queueEvents } from "@keepsake/core/events/queueEvents";
import type { Outcome } from "@keepsake/core/publishOutcome";
import { logFailure } from "../runtime/log.ts";
import { sql } from "./database.ts";
import { eventQueue } from "./queues.ts";

/**
 * Runs a verb, and queues the events of the rows that it has finished, also when it throws. When that fails, the
 * sweep queues them: the verb's result stays.
 */
export async function queueEventsAfter<
  Message,
  Result,
  Reported extends { status: string } = Outcome,
>(
  {
    onOutcome,
    idOf,
  }: {
    onOutcome: (message: Message, outcome: Reported) => void;
    idOf: (message: Message) => string;
  },
  run: (onOutcome: (message: Message, outcome: Reported) => void) => Promise<Result>,
): Promise<Result> {
  const finished: string[] = [];
  try {
    return await run((message, outcome) => {
      if (outcome.status !== "pending") finished.push(idOf(message));
      onOutcome(message, outcome);
    });
  } finally {
    await queueEvents({ sql: sql(), eventQueue: eventQueue() }, finished).catch((error) =>
      logFailure("events were not queued: the sweep will queue them", error, { ids: finished }),
    );
  }
}
