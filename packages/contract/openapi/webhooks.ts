import type { ZodOpenApiPathItemObject } from "zod-openapi";
import { type EventType, events } from "../events.ts";

const summaries: Record<EventType, string> = {
  "image.published": "An upload or a re-hosted image is published.",
  "image.rejected": "An upload or a re-hosted image can never be published, or did not arrive.",
  "image.failed": "An image could not be published in many attempts. It may be later.",
  "portrait.published": "A portrait is published, in its first or a later version.",
  "portrait.rejected": "A portrait can never be published.",
  "portrait.failed": "A portrait could not be published in many attempts. It may be later.",
  "erasure.done": "What was deleted is removed and purged.",
};

/**
 * The requests that the receiver at `WEBHOOK_URL` gets. The body is declared as that of a response, because the
 * document describes what Keepsake sends apart from what it accepts; `asRequests` puts it in its place.
 */
export const webhooks = () =>
  Object.fromEntries(
    (Object.keys(events) as EventType[]).map((type) => [
      type,
      {
        post: {
          operationId: type,
          summary: summaries[type],
          tags: ["events"],
          security: [],
          responses: {
            "2XX": {
              description: "Delivered.",
              content: { "application/json": { schema: events[type]() } },
            },
            default: { description: "It is sent again for a day; after 410 it is not." },
          },
        },
      } satisfies ZodOpenApiPathItemObject,
    ]),
  );

type Answer = { description: string; content?: object };
type Declared = { post: { responses: Record<string, Answer> } };

/** The webhooks of a document with their bodies as those of requests. */
export const asRequests = (declared: object) =>
  Object.fromEntries(
    Object.entries(declared as Record<string, Declared>).map(([type, { post }]) => {
      const { content, ...delivered } = post.responses["2XX"]!;
      const responses = { ...post.responses, "2XX": delivered };
      return [type, { post: { ...post, requestBody: { required: true, content }, responses } }];
    }),
  );
