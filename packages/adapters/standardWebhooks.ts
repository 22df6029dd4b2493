import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { PermanentError, RetryableError } from "@keepsake/core/outsideServiceErrors";
import type { EventReceiver } from "@keepsake/core/ports";
import { Webhook } from "standardwebhooks";
import { httpRequest, readBody } from "./httpRequest.ts";
import { parseRetryAfter } from "./retryAfter.ts";

/** The `Webhook` link. The secret is `whsec_` and base64. */
export type WebhookLink = { url: string; secret: string };

/**
 * A receiver that follows https://www.standardwebhooks.com. Each request is signed for its own time and ends after
 * 15 s, as the standard asks. Redirects are not followed, and nothing of an answer is used but its status and
 * `retry-after`. 410 means that the receiver wants no more of the event.
 */
export function standardWebhooks(
  { url, secret }: WebhookLink,
  { deadlineMs = 15_000 } = {},
): EventReceiver {
  const address = new URL(url);
  if (!isWebhookSecret(secret))
    throw new Error("WebhookSecret must be whsec_ and the base64 of 24 to 64 bytes");
  const webhook = new Webhook(secret);

  return {
    async deliver({ event_id, body }) {
      const now = new Date();
      const headers = {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        "user-agent": "Keepsake",
        "webhook-id": event_id,
        "webhook-timestamp": String(Math.floor(now.getTime() / 1_000)),
        "webhook-signature": webhook.sign(event_id, now, body),
      };
      const options = { what: "The receiver", deadlineMs, headers, body };
      await httpRequest(address, options, async (response) => {
        const { statusCode = 0 } = response;
        if (statusCode === 410) throw new PermanentError("gone", "The receiver answered 410");
        if (statusCode < 200 || statusCode > 299)
          throw new RetryableError(`The receiver answered ${statusCode}`, {
            retryAfterSeconds: parseRetryAfter(response.headers["retry-after"]),
          });
        // a connection whose answer was read can be used again
        const read = readBody(response, maxReadBytes).catch(() => {});
        await Promise.race([read, sleep(maxReadMs, undefined, { ref: false })]);
      });
    },
  };
}

/** The standard asks for 24 to 64 bytes. */
export function isWebhookSecret(text: string): boolean {
  const [, base64 = ""] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const { length } = Buffer.from(base64, "base64");
  return length >= 24 && length <= 64;
}

export const newWebhookSecret = () => `whsec_${randomBytes(32).toString("base64")}`;

const maxReadBytes = 16_384;
const maxReadMs = 500;
