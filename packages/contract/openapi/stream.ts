import * as z from "zod/mini";
import type { ZodOpenApiPathItemObject } from "zod-openapi";
import { CharacterStreamRequest, ErrorResponse } from "../api.ts";
import { PieceDraft, portraitErrors } from "../schemas.ts";
import type { errorResponses } from "./errorResponses.ts";
import { streamExamples } from "./examples.ts";
import { byAccess, everywhere, routeErrors } from "./routeErrors.ts";
import { tagOf } from "./tags.ts";

/** The function URL of `streamCharacters`: the root of a server of its own. */
export const streamPath = (
  errors: ReturnType<typeof errorResponses>,
): ZodOpenApiPathItemObject => ({
  servers: [
    {
      url: "{stream}",
      description: "The function URL of the stream.",
      variables: {
        stream: { default: "http://127.0.0.1:3006", description: "As its deployment prints it." },
      },
    },
  ],
  post: {
    operationId: "streamCharacters",
    summary: "Streams characters as they are generated, or one new portrait.",
    description:
      "Server-Sent Events, each with the name and the data of a `CharacterEvent`, and a comment every 10 s without one. The last event is `done` or `error`. What fails before the first event has a status of its own. The stream has an origin of its own, which the form of `/docs` may not call: try it with curl.",
    tags: [tagOf.streamCharacters],
    requestBody: {
      required: true,
      content: {
        "application/json": {
          schema: CharacterStreamRequest(),
          examples: streamExamples.requests,
        },
      },
    },
    responses: {
      200: {
        description: "The events.",
        content: {
          "text/event-stream": {
            schema: eventStream(),
            example: streamExamples.response,
          },
        },
      },
      ...errors.of(
        [...byAccess.user, ...routeErrors.streamCharacters, ...everywhere],
        "function URL",
      ),
    },
  },
});

/** The text of a stream, which holds events. */
const eventStream = () =>
  z.array(characterEvent()).check(
    z.meta({
      override({ jsonSchema }: { jsonSchema: { type?: string; items?: unknown } }) {
        const { items } = jsonSchema;
        delete jsonSchema.items;
        Object.assign(jsonSchema, {
          type: "string",
          contentMediaType: "text/event-stream",
          contentSchema: { type: "array", items },
        });
      },
    }),
  );

/** An event with its data, as they are in the stream. */
const characterEvent = () => {
  const index = z.int();
  const event = (name: string, data: z.ZodMiniType) => z.object({ event: z.literal(name), data });
  return z
    .union([
      event("character", z.object({ index, character: PieceDraft() })),
      event("portrait", z.object({ index, image_portrait_base64: z.string() })),
      event("portrait_error", z.object({ index, portrait_error: z.enum(portraitErrors) })),
      event("error", ErrorResponse()),
      event("done", z.object({})),
    ])
    .check(z.meta({ id: "CharacterEvent", description: "An event of the stream." }));
};
