import { createHash, timingSafeEqual } from "node:crypto";
import { AppError } from "@keepsake/contract/errors";
import httpJsonBodyParser from "@middy/http-json-body-parser";
import { httpLambda } from "./httpLambda.ts";
import { logger } from "./log.ts";
import { jsonResponse } from "./response.ts";

/**
 * The Lambda that Telegram calls. A request without the secret that the webhook was registered with is
 * `webhook.refused`. An Update that we do not use gets 200 too: Telegram would send it again.
 */
export function webhook(secret: () => string, run: (update: unknown) => Promise<string>) {
  let loggedUnknown = false;
  return httpLambda("telegramRehost")
    .before(({ event }) => {
      if (!isEqual(event.headers["x-telegram-bot-api-secret-token"] ?? "", secret()))
        throw new AppError(
          "webhook.refused",
          "Only Telegram may call this webhook, with its secret",
        );
    })
    .use(httpJsonBodyParser())
    .handler(async (event) => {
      const kind = await run(event.body);
      if (kind === "unknown" && !loggedUnknown) {
        loggedUnknown = true; // logged once: there may be many
        logger.warn("an update of unknown shape was ignored");
      }
      return jsonResponse(200, { ok: true });
    });
}

/** Compares in constant time: both hashes have the same length. */
const isEqual = (received: string, secret: string) =>
  timingSafeEqual(sha256(received), sha256(secret));

const sha256 = (text: string) => createHash("sha256").update(text).digest();
