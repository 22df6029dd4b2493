import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import type { ApiError, Message } from "@grammyjs/types";
import { mimeTypeOf } from "../embedded/telegram/filesThatBotsSend.ts";
import { remotePhone } from "../embedded/telegram/remotePhone.ts";
import { localFile, runningLocal } from "../localJson.ts";

const usage = `One of:
  npm run telegram -- photo.jpg                 sends a picture to Keepsake's bot
  npm run telegram -- --bot my_bot              makes a bot of this name, and says how yours becomes it
  npm run telegram -- --bot my_bot "/start"     writes to it
  npm run telegram -- --bot my_bot photo.jpg    sends a picture; with --document, any file
  npm run telegram -- --bot my_bot --press yes  presses the button with the data "yes"`;

/** `npm run telegram -- …`: plays a user that writes to a local bot as from a phone, and prints the reply. */
export async function main(args: string[]) {
  const { values, positionals } = parseOptions(args);
  const [content, ...more] = positionals;
  const { bot, press, document } = values;
  if (more.length > 0 || (!bot && (content === undefined || press || document)))
    throw new Error(usage);
  const running = await runningLocal();
  if (!running) throw new Error("No system is running in this folder: run npm start first");
  const { telegram } = running;
  if (!bot) return console.log(await sendPhoto(telegram, await readFile(content!)));

  const { username, token } = await openBot(telegram, bot);
  if (content === undefined && press === undefined)
    return console.log(
      `@${username} is a bot of this system. Give your program this address in place of api.telegram.org, and the token:\n\n` +
        `TELEGRAM_API_URL=${telegram}\nTELEGRAM_BOT_TOKEN=${token}\n\nThe token is in telegram_bots of ${localFile}, too.`,
    );
  const phone = remotePhone(telegram, user, username);
  if (press !== undefined) await phone.press(press);
  else await send(phone, content!, document);
  const reply = await phone.waitForReply(30_000).catch(({ message }) => {
    throw new Error(`${message}: is your program running, with the token of @${username}?`);
  });
  console.log(textOf(reply));
}

/** The text of Keepsake's reply to a photo. Throws when none comes within 30 s. */
export async function sendPhoto(telegram: string, bytes: Buffer): Promise<string> {
  const phone = remotePhone(telegram, user);
  await phone.sendPhoto(new Uint8Array(bytes));
  return (await phone.waitForReply(30_000)).text ?? "";
}

const user = { id: 4242, first_name: "Mira" };

function parseOptions(args: string[]) {
  const options = {
    bot: { type: "string" },
    press: { type: "string" },
    document: { type: "boolean" },
  } as const;
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch {
    throw new Error(usage);
  }
}

async function openBot(telegram: string, name: string) {
  const query = new URLSearchParams({ name: name.replace(/^@/, "") });
  const response = await fetch(`${telegram}/bots?${query}`, { method: "POST" });
  const body = (await response.json()) as
    | { ok: true; result: { username: string; token: string } }
    | ApiError;
  if (!body.ok) throw new Error(body.description);
  return body.result;
}

/** Sends a file when there is one of this name, and text otherwise. */
async function send(phone: ReturnType<typeof remotePhone>, content: string, isDocument?: boolean) {
  const bytes = await readFile(content).catch(() => undefined);
  if (!bytes && (isDocument || /\.(jpe?g|png|webp|gif)$/i.test(content)))
    throw new Error(`There is no file ${content}`);
  if (!bytes) return phone.sendText(content);
  if (!isDocument) return phone.sendPhoto(new Uint8Array(bytes));
  const file_name = basename(content);
  const file = { file_name, mime_type: mimeTypeOf(file_name) };
  return phone.sendDocument(new Uint8Array(bytes), file);
}

/** What a user sees of a message: its text, what it contains, and its buttons with their data. */
function textOf({ text, caption, photo, document, reply_markup }: Message): string {
  const buttons = reply_markup?.inline_keyboard
    .flat()
    .map(
      (button) => `[${button.text}]${"callback_data" in button ? ` ${button.callback_data}` : ""}`,
    );
  return [photo && "(a photo)", document && `(the file ${document.file_name})`, text ?? caption]
    .concat(buttons ?? [])
    .filter(Boolean)
    .join("\n");
}
