import { Readable } from "node:stream";
import { executionModeStreamifyResponse } from "@middy/core/StreamifyResponse";
import httpJsonBodyParser from "@middy/http-json-body-parser";
import type * as z from "zod/mini";
import { authenticate } from "../services/authentication.ts";
import type { Caller } from "./authentication/caller.ts";
import { httpMiddleware } from "./httpMiddleware.ts";
import { requireUtf8 } from "./jsonBody.ts";
import { withRequestId } from "./requestId.ts";
import { serverSentEvents } from "./serverSentEvents.ts";
import { validate } from "./validateInput.ts";

/**
 * Turns a verb into a Lambda behind a function URL that responds with Server-Sent Events, one for each
 * event the verb yields. The caller is identified before anything else, as for the API's routes. What fails
 * before the first event gets a status of its own; what fails later becomes an `error` event.
 */
export function eventStream<Schema extends z.ZodMiniType>(
  name: string,
  schema: Schema,
  run: (input: z.output<Schema> & { owner_id: string }) => AsyncGenerator<{ type: string }, void>,
) {
  return httpMiddleware(name, { executionMode: executionModeStreamifyResponse as never })
    .before(async ({ event }) => {
      event.caller = await authenticate().user(event.headers);
    })
    .before(requireUtf8)
    .use(httpJsonBodyParser())
    .handler(async (event) => {
      const { owner_id } = event.caller as Caller;
      const events = run({ ...(validate(schema, event.body) as object), owner_id } as never);
      const { requestId } = event.requestContext;
      const first = await withRequestId(requestId, () => events.next());
      const body = serverSentEvents(first, events, requestId);
      return {
        statusCode: 200,
        headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
        body: Readable.from(body) as never,
      };
    });
}
