import { Readable } from "node:stream";
import { AppError } from "@keepsake/contract/errors";
import { executionModeStreamifyResponse } from "@middy/core/StreamifyResponse";
import httpJsonBodyParser from "@middy/http-json-body-parser";
import type * as z from "zod/mini";
import { answering, callerOf, parse } from "./endpoint.ts";
import { logger, serializeError } from "./log.ts";

type Verify = (authorization: string | undefined) => Promise<Record<string, unknown>>;

/**
 * Turns a verb into a Lambda behind a function URL that answers with Server-Sent Events, one per thing
 * the verb yields, named by its `type`. The token is checked here: no authorizer stands before it. What
 * fails before the first event has a status of its own; what fails later is an `error` event.
 */
export function eventStream<Schema extends z.ZodMiniType>(
  name: string,
  schema: Schema,
  verify: () => Verify,
  run: (input: z.output<Schema> & { owner_id: string }) => AsyncGenerator<{ type: string }, void>,
) {
  return answering(name, { executionMode: executionModeStreamifyResponse as never })
    .use(httpJsonBodyParser())
    .handler(async (event) => {
      const { owner_id } = callerOf(await verify()(event.headers.authorization));
      const events = run({ ...(parse(schema, event.body) as object), owner_id } as never);
      const first = await events.next();
      return {
        statusCode: 200,
        headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
        body: Readable.from(frames(first, events, event.requestContext.requestId)) as never,
      };
    });
}

const heartbeatMs = 10_000;

async function* frames(
  first: IteratorResult<{ type: string }, void>,
  events: AsyncGenerator<{ type: string }, void>,
  request_id: string,
): AsyncGenerator<string, void> {
  try {
    let next = Promise.resolve(first);
    for (;;) {
      const arrived = await orHeartbeat(next);
      if (arrived === undefined) {
        yield ": still here\n\n"; // or a proxy would close the line
        continue;
      }
      if (arrived.done) break;
      yield frame(arrived.value);
      next = events.next();
      next.catch(() => {}); // it is awaited, perhaps a heartbeat later
    }
    yield frame({ type: "done" });
  } catch (error) {
    const known = error instanceof AppError ? error : undefined;
    if (!known) logger.error("stream failed", { request_id, error: serializeError(error) });
    const { code = "server.failed", message = "Something went wrong on our side: try again" } =
      known ?? {};
    yield frame({ type: "error", error: { code, message, request_id } });
  } finally {
    await events.return();
  }
}

const frame = ({ type, ...data }: { type: string; error?: object }) =>
  `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;

/** What arrives, or undefined after 10 s without it. */
async function orHeartbeat<T>(next: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const beat = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, heartbeatMs, undefined);
  });
  try {
    return await Promise.race([next, beat]);
  } finally {
    clearTimeout(timer);
  }
}
