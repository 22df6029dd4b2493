import { createHash, randomBytes } from "node:crypto";
import type { Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import type { Services } from "../ports.ts";
import * as rows from "./telegram.sql.ts";
import { unlink as unlinkAccount } from "./unlink.ts";

type Chat = { user_id: number; chat_id: number };
type ChatServices = Pick<Services, "sql" | "telegram">;

type Pressed = {
  data: string;
  query_id: string;
  /** The user's, to be shown to the owner. */
  name: string | null;
};

const usedUp = "This link was used or has expired. Ask for a new one.";

/**
 * A link with which one Telegram user, once and within 10 minutes, can link their account to the owner.
 * `link.too_many` while the owner has 10 that are neither used nor expired.
 */
export async function createLink(
  { sql, botName }: Pick<Services, "sql" | "botName">,
  { owner_id, caller_name: name }: { owner_id: string; caller_name: string },
): Promise<Output<"linkTelegram">> {
  const token = randomBytes(24).toString("base64url");
  const expires_at = new Date(Date.now() + limits.telegram_link_seconds * 1_000);
  const link = { token_sha256: sha256(token), owner_id, name, expires_at };
  const retryAfterSeconds = await rows.reserveLink(sql, link, limits.telegram_links);
  if (retryAfterSeconds !== null)
    throw new AppError(
      "link.too_many",
      `Use one of your ${limits.telegram_links} links, or wait until the first one expires`,
      { retryAfterSeconds },
    );
  return { url: `https://t.me/${botName}?start=${token}`, expires_at: expires_at.toISOString() };
}

/** Opening a link does not link the account: someone else may have sent it. Only the button does. */
export async function confirmLink(
  { sql, telegram }: ChatServices,
  { token, user_id, chat_id }: Chat & { token: string },
): Promise<void> {
  const name = await rows.openLink(sql, sha256(token), user_id);
  if (name === undefined) {
    await telegram.sendMessage({ chat_id, text: usedUp });
    return;
  }
  const button = (text: string, answer: string) => ({ text, callback_data: `${answer}:${token}` });
  await telegram.sendMessage({
    chat_id,
    text: `Link this Telegram account to ${name}?`,
    reply_markup: { inline_keyboard: [[button("Link", "link"), button("Cancel", "cancel")]] },
  });
}

/** Links the account, or cancels, as the pressed button says. Other buttons are ignored. */
export async function answerButton(
  { sql, telegram }: ChatServices,
  { data, name, user_id, chat_id, query_id }: Chat & Pressed,
): Promise<void> {
  const [, answer, token] = /^(link|cancel):([\w-]{1,64})$/.exec(data) ?? [];
  if (answer === undefined || token === undefined) return;
  const text = await sql.begin(async (tx) => {
    const link = await rows.useLink(tx, sha256(token), user_id);
    if (!link) return usedUp;
    if (answer === "cancel") return "Nothing was linked.";
    return (await rows.linkAccount(tx, {
      ...{ telegram_user_id: user_id, owner_id: link.owner_id, name },
    }))
      ? `This account is linked to ${link.name}. Send /unlink to undo it.`
      : "This account is linked to someone else. Send /unlink first.";
  });
  await telegram.answerCallbackQuery({ callback_query_id: query_id });
  await telegram.sendMessage({ chat_id, text });
}

export async function unlink(
  { sql, telegram }: ChatServices,
  { user_id, chat_id }: Chat,
): Promise<void> {
  const wasLinked = await sql.begin((tx) => unlinkAccount(tx, String(user_id)));
  const text = wasLinked ? "This account is no longer linked." : "This account was not linked.";
  await telegram.sendMessage({ chat_id, text });
}

const sha256 = (token: string) => createHash("sha256").update(token).digest("hex");
