import { newId } from "../newId.ts";
import { PermanentError, RetryableError } from "../outsideServiceErrors.ts";
import { isFull } from "../owners/storageQuota.ts";
import type { Services } from "../ports.ts";
import { findByReference } from "../rehosts/requestedRehosts.sql.ts";
import { queueRehost, takesNoRoom } from "../rehosts/requestRehost.ts";
import { answerButton, confirmLink, unlink } from "./linkAccount.ts";
import { parseUpdate, type TelegramAction } from "./parseUpdate.ts";
import { describeImage } from "./telegram.sql.ts";

type Messenger = Services["telegram"];

type ReceivedUpdate = {
  /** `unknown` when the Update does not have a shape that Telegram documents. */
  kind: TelegramAction["kind"] | "unknown";
  /** Why replies could not be sent. */
  undelivered: Error[];
};

/** Handles one Update of Telegram: queues an image for re-hosting, or runs a command. Safe to repeat. */
export async function receiveUpdate(
  services: Pick<Services, "sql" | "rehostQueue" | "telegram" | "replies" | "ownerBytes">,
  update: unknown,
): Promise<ReceivedUpdate> {
  const { sql, replies } = services;
  const undelivered: Error[] = [];
  const telegram = collectFailures(services.telegram, undelivered);
  const action = parseUpdate(update);
  switch (action?.kind) {
    case "image": {
      const { owner_id, file_unique_id: platform_ref, source, caption, album_tag } = action;
      const image_id = newId();
      const file = { owner_id, platform: "telegram" as const, platform_ref };
      if (
        (await isFull(sql, services, owner_id)) &&
        !takesNoRoom(await findByReference(sql, file))
      ) {
        const { chat_id, message_id } = source;
        if (replies)
          await collectFailures(replies, undelivered).sendMessage({
            chat_id,
            text: "This picture was not stored: your pictures take up all of the space that you have. Delete some first.",
            reply_to_message_id: message_id,
          });
        break;
      }
      await describeImage(sql, file, { caption, album_tag });
      await queueRehost(services, {
        visibility: "public",
        image_id,
        source,
        caption,
        tags: album_tag ? [album_tag] : [],
        ...file,
      });
      break;
    }
    case "anonymous": {
      const { chat_id, message_id } = action;
      if (replies)
        await collectFailures(replies, undelivered).sendMessage({
          chat_id,
          text: "Send it to me in a private chat, so that I know whose it is.",
          reply_to_message_id: message_id,
        });
      break;
    }
    case "start":
      await confirmLink({ sql, telegram }, action);
      break;
    case "button":
      await answerButton({ sql, telegram }, action);
      break;
    case "unlink":
      await unlink({ sql, telegram }, action);
      break;
  }
  return { kind: action?.kind ?? "unknown", undelivered };
}

/**
 * A messenger that adds what Telegram refuses to `failures` and does not throw: the work is done, or the
 * user can ask again, and Telegram would repeat a failed update for a day.
 */
function collectFailures(messenger: Messenger, failures: Error[]): Messenger {
  const collect = (error: unknown) => {
    if (!(error instanceof PermanentError || error instanceof RetryableError)) throw error;
    failures.push(error);
  };
  return {
    sendMessage: (message) => messenger.sendMessage(message).catch(collect),
    answerCallbackQuery: (answer) => messenger.answerCallbackQuery(answer).catch(collect),
  };
}
