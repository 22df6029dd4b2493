import { createHash, timingSafeEqual } from "node:crypto";
import { AppError } from "@keepsake/contract/errors";
import { httpMiddleware } from "./httpMiddleware.ts";
import { jsonResponse } from "./jsonAndErrorResponses.ts";
import { parseAnyJson } from "./jsonBody.ts";
import { logger, logUndelivered } from "./log.ts";
import { withRequestId } from "./requestId.ts";

/** What an Update was, and why replies to it could not be sent. */
type Received = { kind: string; undelivered: Error[] };

/**
 * The Lambda that Telegram calls. A request without the secret that the webhook was registered with is
 * `webhook.refused`. An Update that we do not use, or cannot reply to, gets 200 too, whatever its keys:
 * Telegram would send it again for a day.
 */
export function webhook(secret: () => string, run: (update: unknown) => Promise<Received>) {
  let loggedUnknown = false;
  return httpMiddleware("telegramRehost")
    .before(({ event }) => {
      if (!isEqual(event.headers["x-telegram-bot-api-secret-token"] ?? "", secret()))
        throw new AppError(
          "webhook.refused",
          "Only Telegram may call this webhook, with its secret",
        );
    })
    .handler((event) =>
      withRequestId(event.requestContext.requestId, async () => {
        const { kind, undelivered } = await run(parseAnyJson(event));
        for (const error of undelivered) logUndelivered(kind, error);
        if (kind === "unknown" && !loggedUnknown) {
          loggedUnknown = true; // logged once: there may be many
          logger.warn("an update of unknown shape was ignored");
        }
        return jsonResponse(200, { ok: true });
      }),
    );
}

/** Compares in constant time: both hashes have the same length. */
const isEqual = (received: string, secret: string) =>
  timingSafeEqual(sha256(received), sha256(secret));

const sha256 = (text: string) => createHash("sha256").update(text).digest();
