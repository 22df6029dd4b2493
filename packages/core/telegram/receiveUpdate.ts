import { createHash, randomBytes } from "node:crypto";
import type { Output } from "@keepsake/contract/api";
import { limits } from "@keepsake/contract/limits";
import { v7 as uuidv7 } from "uuid";
import type { Services } from "../ports.ts";
import { PermanentError, RetryableError } from "../rehosts/platformErrors.ts";
import { queue } from "../rehosts/publishRehosts.ts";
import { readUpdate, type TelegramAction } from "./parseUpdate.ts";
import * as rows from "./telegram.sql.ts";

type Reachable = Pick<Services, "sql" | "rehostQueue" | "telegram">;

/**
 * Takes one Update of Telegram: notes an image and queues it, or does what a command asks. Resolves to
 * what it was; `unknown` when it has no shape that Telegram documents. Safe to repeat.
 */
export async function receive(
  services: Reachable,
  update: unknown,
): Promise<TelegramAction["kind"] | "unknown"> {
  const action = readUpdate(update);
  switch (action?.kind) {
    case "image": {
      const { owner_id, file_unique_id: platform_ref, source } = action;
      const image_id = uuidv7();
      await queue(services, { image_id, owner_id, platform: "telegram", platform_ref, source });
      break;
    }
    case "start":
      await askToLink(services, action);
      break;
    case "press":
      await answerPress(services, action);
      break;
    case "unlink":
      await unlink(services, action);
      break;
  }
  return action?.kind ?? "unknown";
}

/** A link that lets one Telegram user, once and within 10 minutes, bind their account to the owner. */
export async function link(
  { sql, botName }: Pick<Services, "sql" | "botName">,
  { owner_id, caller_name: name }: { owner_id: string; caller_name: string },
): Promise<Output<"linkTelegram">> {
  const token = randomBytes(24).toString("base64url");
  const expires_at = new Date(Date.now() + limits.telegram_link_seconds * 1_000);
  await rows.insertLink(sql, { token_sha256: hash(token), owner_id, name, expires_at });
  return { url: `https://t.me/${botName}?start=${token}`, expires_at: expires_at.toISOString() };
}

/** Opening a link binds nobody: somebody else may have sent it. Only the button does. */
async function askToLink(
  { sql, telegram }: Reachable,
  { token, user_id, chat_id }: TelegramAction & { kind: "start" },
) {
  const name = await rows.openLink(sql, hash(token), user_id);
  if (name === undefined) {
    await telegram.sendMessage({ chat_id, text: "This link is used up. Ask for a new one." });
    return;
  }
  const button = (text: string, answer: string) => ({ text, callback_data: `${answer}:${token}` });
  await telegram.sendMessage({
    chat_id,
    text: `Link this Telegram account to ${name}?`,
    reply_markup: { inline_keyboard: [[button("Link", "link"), button("Cancel", "cancel")]] },
  });
}

async function answerPress(
  { sql, telegram }: Reachable,
  { data, user_id, chat_id, query_id }: TelegramAction & { kind: "press" },
) {
  const [, answer, token] = /^(link|cancel):([\w-]{1,64})$/.exec(data) ?? [];
  if (answer === undefined || token === undefined) return;
  const text = await sql.begin(async (tx) => {
    const taken = await rows.takeLink(tx, hash(token), user_id);
    if (!taken) return "This link is used up. Ask for a new one.";
    if (answer === "cancel") return "Nothing was linked.";
    return (await rows.bind(tx, user_id, taken.owner_id))
      ? `This account is linked to ${taken.name}. Send /unlink to undo it.`
      : "This account is linked to somebody else. Send /unlink first.";
  });
  await told(telegram.answerCallbackQuery({ callback_query_id: query_id }));
  await told(telegram.sendMessage({ chat_id, text }));
}

async function unlink(
  { sql, telegram }: Reachable,
  { user_id, chat_id }: TelegramAction & { kind: "unlink" },
) {
  const { count } = await rows.unbind(sql, user_id);
  const text = count === 1 ? "This account is no longer linked." : "This account was not linked.";
  await told(telegram.sendMessage({ chat_id, text }));
}

/** What was done is done, even if the user cannot be told: Telegram would only have it done again. */
async function told(message: Promise<unknown>) {
  await message.catch((error) => {
    if (!(error instanceof PermanentError || error instanceof RetryableError)) throw error;
  });
}

const hash = (token: string) => createHash("sha256").update(token).digest("hex");
