import type { ZodOpenApiPathItemObject } from "zod-openapi";
import { type EventType, events, testEvent } from "../events.ts";
import { eventExamples } from "./examples.ts";

const summaries: Record<EventType | "test", string> = {
  "image.published": "An upload or a re-hosted image is published.",
  "image.rejected": "An upload or a re-hosted image can never be published, or did not arrive.",
  "image.failed": "An image could not be published in many attempts. It may be later.",
  "portrait.published": "A portrait is published, in its first or a later version.",
  "portrait.rejected": "A portrait can never be published.",
  "portrait.failed": "A portrait could not be published in many attempts. It may be later.",
  "erasure.done": "What was deleted is removed and purged.",
  "export.ready": "The files of an export are written.",
  "export.failed": "An export could not be written, or one of its images was deleted meanwhile.",
  test: "The operator tries the receiver, with `npm run webhook -- test`.",
};

/**
 * The requests that the receiver at `WEBHOOK_URL` gets. The body is declared as that of a response, because the
 * document describes what Keepsake sends apart from what it accepts; `asRequests` puts it in its place.
 */
export const webhooks = () =>
  Object.fromEntries(
    Object.entries({ ...events, test: testEvent }).map(([type, body]) => [
      type,
      {
        post: {
          operationId: type,
          summary: summaries[type as EventType],
          tags: ["events"],
          security: [],
          responses: {
            "2XX": {
              description: "Delivered.",
              content: {
                "application/json": { schema: body(), example: eventExamples[type as EventType] },
              },
            },
            default: {
              description:
                type === "test"
                  ? "The command prints it; the event is not sent again."
                  : "It is sent again for a day, later if `retry-after` says so; after 410 it is not.",
            },
          },
        },
      } satisfies ZodOpenApiPathItemObject,
    ]),
  );

type Answer = { description: string; content?: object };
type Declared = { post: { responses: Record<string, Answer> } };

/** The webhooks of a document with their headers, and with their bodies as those of requests. */
export const asRequests = (declared: object) =>
  Object.fromEntries(
    Object.entries(declared as Record<string, Declared>).map(([type, { post }]) => {
      const { content, ...delivered } = post.responses["2XX"]!;
      const responses = { ...post.responses, "2XX": delivered };
      const requestBody = { required: true, content };
      return [type, { post: { ...post, parameters: headerReferences, requestBody, responses } }];
    }),
  );

/** The headers of each of these requests: https://www.standardwebhooks.com. */
export const webhookHeaders = {
  WebhookId: {
    in: "header",
    name: "webhook-id",
    required: true,
    description: "The id of the event, the same when it is sent again: remember those handled.",
    schema: { type: "string", format: "uuid" },
    example: "019a8b41-30c7-7b52-9d0e-8f1a64c2b7d9",
  },
  WebhookTimestamp: {
    in: "header",
    name: "webhook-timestamp",
    required: true,
    description:
      "When this request was signed, in seconds since 1970: refuse one that is minutes old.",
    schema: { type: "string", pattern: "^\\d+$" },
    example: "1795378515",
  },
  WebhookSignature: {
    in: "header",
    name: "webhook-signature",
    required: true,
    description:
      "`v1,` and the base64 of the HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{body}`, with the bytes after `whsec_` in the secret, decoded from base64, as its key. Verify it with the raw body. It may hold several, separated by spaces: one that fits is enough.",
    schema: {
      type: "string",
      pattern: "^v1,[A-Za-z0-9+/]+={0,2}( v1,[A-Za-z0-9+/]+={0,2})*$",
    },
    example: "v1,2wnVYo9vDJiUp0ZQoWzLG4cvfYfsJ3Cq0GpaxPuq8sA=",
  },
} as const;

const headerReferences = Object.keys(webhookHeaders).map((name) => ({
  $ref: `#/components/parameters/${name}`,
}));
