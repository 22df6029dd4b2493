import { createHash, timingSafeEqual } from "node:crypto";
import { AppError } from "@keepsake/contract/errors";
import httpJsonBodyParser from "@middy/http-json-body-parser";
import { answering, json } from "./endpoint.ts";
import { logger } from "./log.ts";

/**
 * The Lambda that Telegram calls: refuses whoever does not know the secret that the webhook was
 * registered with, and hands on the Update. Resolves to 200 for what means nothing to us, or Telegram
 * would send it again.
 */
export function webhook(secret: () => string, run: (update: unknown) => Promise<string>) {
  let unknownSeen = false;
  return answering("telegramRehost")
    .before(({ event }) => {
      if (!isSame(event.headers["x-telegram-bot-api-secret-token"] ?? "", secret()))
        throw new AppError("webhook.refused", "This webhook is Telegram's, with its secret");
    })
    .use(httpJsonBodyParser())
    .handler(async (event) => {
      const kind = await run(event.body);
      if (kind === "unknown" && !unknownSeen) {
        unknownSeen = true; // once: whoever sends such updates may send many
        logger.warn("an update of unknown shape was ignored");
      }
      return json(200, { ok: true });
    });
}

/** Takes as long whatever is wrong: hashes are of one length. */
const isSame = (given: string, secret: string) => timingSafeEqual(hash(given), hash(secret));

const hash = (text: string) => createHash("sha256").update(text).digest();
