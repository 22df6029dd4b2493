import { v7 as uuidv7 } from "uuid";
import type { Services } from "../ports.ts";
import { queueRehost } from "../rehosts/requestRehost.ts";
import { answerButton, confirmLink, unlink } from "./linkAccount.ts";
import { parseUpdate, type TelegramAction } from "./parseUpdate.ts";

/**
 * Handles one Update of Telegram: queues an image for re-hosting, or runs a command. Resolves to the kind
 * of update; `unknown` when it does not have a shape that Telegram documents. Safe to repeat.
 */
export async function receiveUpdate(
  services: Pick<Services, "sql" | "rehostQueue" | "telegram">,
  update: unknown,
): Promise<TelegramAction["kind"] | "unknown"> {
  const action = parseUpdate(update);
  switch (action?.kind) {
    case "image": {
      const { owner_id, file_unique_id: platform_ref, source } = action;
      const image_id = uuidv7();
      await queueRehost(services, {
        image_id,
        owner_id,
        platform: "telegram",
        platform_ref,
        source,
      });
      break;
    }
    case "start":
      await confirmLink(services, action);
      break;
    case "button":
      await answerButton(services, action);
      break;
    case "unlink":
      await unlink(services, action);
      break;
  }
  return action?.kind ?? "unknown";
}
