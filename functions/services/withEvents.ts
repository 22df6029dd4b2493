import { queueEvents } from "@keepsake/core/events/queueEvents";
import type { OnOutcome } from "@keepsake/core/publishOutcome";
import { logFailure } from "../runtime/log.ts";
import { sql } from "./database.ts";
import { eventQueue } from "./queues.ts";

/**
 * Runs a verb, and queues the events of the rows that it has finished, also when it throws. When that fails, the
 * sweep queues them: the verb's result stays.
 */
export async function withEvents<Message, Result>(
  { onOutcome, idOf }: { onOutcome: OnOutcome<Message>; idOf: (message: Message) => string },
  run: (onOutcome: OnOutcome<Message>) => Promise<Result>,
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
