import { statuses } from "@keepsake/contract/errors";
import { knownError } from "./jsonAndErrorResponses.ts";
import { logger, serializeError } from "./log.ts";
import { withRequestId } from "./requestId.ts";

type Event = { type: string };

const heartbeatMs = 10_000;

/**
 * Events as Server-Sent Events, named by their `type`, with a comment every 10 s without one. Ends with a
 * `done` event, or with an `error` event when the source throws.
 */
export async function* serverSentEvents(
  first: IteratorResult<Event, void>,
  events: AsyncGenerator<Event, void>,
  request_id: string,
): AsyncGenerator<string, void> {
  try {
    let next = Promise.resolve(first);
    for (;;) {
      const result = await withHeartbeat(next);
      if (result === undefined) {
        yield ": heartbeat\n\n"; // a proxy may close a connection that is idle
        continue;
      }
      if (result.done) break;
      yield format(result.value);
      next = withRequestId(request_id, () => events.next());
      next.catch(() => {}); // it is awaited above, possibly after a heartbeat
    }
    yield format({ type: "done" });
  } catch (error) {
    const known = knownError(error);
    if (!known || statuses[known.code] >= 500)
      logger.error("stream failed", { request_id, error: serializeError(error) });
    const { code = "server.failed", message = "Something failed on our side: try again" } =
      known ?? {};
    yield format({ type: "error", error: { code, message, request_id } });
  } finally {
    await events.return();
  }
}

const format = ({ type, ...data }: Event & { error?: object }) =>
  `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;

/** What the promise resolves to, or undefined when that takes longer than 10 s. */
async function withHeartbeat<T>(next: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const heartbeat = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, heartbeatMs, undefined);
  });
  try {
    return await Promise.race([next, heartbeat]);
  } finally {
    clearTimeout(timer);
  }
}
