import { createServer } from "node:http";
import { listen } from "@keepsake/local/embedded/listen";
import { embeddedTelegram } from "@keepsake/local/embedded/telegram/embeddedTelegram";
import {
  Bot,
  GrammyError,
  InlineKeyboard,
  InputFile,
  InputMediaBuilder,
  webhookCallback,
} from "grammy";
import { expect, onTestFinished, test, vi } from "vitest";
import { describeBot, type StartBot } from "./botScenario.ts";

type Options = Parameters<StartBot>[0];

describeBot("a bot of grammY on long polling", async (options) => {
  const bot = createBot(options);
  const running = bot.start();
  return {
    async stop() {
      await bot.stop();
      await running;
    },
  };
});

describeBot("a bot of grammY on a webhook", async (options) => {
  const bot = createBot(options);
  const server = createServer(webhookCallback(bot, "http", { secretToken: "s3cret" }));
  const url = `http://127.0.0.1:${await listen(server, 0)}`;
  await bot.api.setWebhook(url, { secret_token: "s3cret" });
  return { stop: async () => void server.close() };
});

function createBot({ api, token, pictures }: Options) {
  const bot = new Bot(token, { client: { apiRoot: api } });
  const fileOf = async (file: { file_path?: string }) => {
    const response = await fetch(`${api}/file/bot${token}/${file.file_path}`);
    return Buffer.from(await response.arrayBuffer());
  };

  bot.command("start", async (context) => {
    await context.replyWithChatAction("typing");
    const reply_markup = new InlineKeyboard().text("Yes", "yes");
    await context.reply("Keep *photos*?", { parse_mode: "MarkdownV2", reply_markup });
  });
  bot.callbackQuery("yes", async (context) => {
    await context.answerCallbackQuery("Done");
    await context.editMessageText("Kept");
  });
  bot.on("message:photo", async (context) => {
    const { media_group_id } = context.msg;
    if (media_group_id) return void (await context.reply(media_group_id));
    const bytes = await fileOf(await context.getFile());
    const sent = await context.replyWithPhoto(new InputFile(bytes, "p.png"), { caption: "back" });
    const { message_id, chat } = sent;
    await context.api.editMessageCaption(chat.id, message_id, { caption: "back again" });
  });
  bot.on("message:document", async (context) => {
    const bytes = await fileOf(await context.getFile());
    await context.replyWithDocument(new InputFile(bytes, "copy.txt"));
  });
  bot.hears("album", async (context) => {
    const media = pictures.map((bytes, index) =>
      InputMediaBuilder.photo(new InputFile(bytes), { caption: `${index + 1}` }),
    );
    await context.replyWithMediaGroup(media);
  });
  bot.hears("clean", async (context) => {
    const { message_id, chat } = await context.reply("gone");
    await context.api.deleteMessage(chat.id, message_id);
    await context.reply("clean");
  });
  return bot;
}

test("a second instance of a bot on long polling ends the first with Telegram's conflict", async () => {
  const { api, token, calls } = await telegramWithBot();
  const first = new Bot(token, { client: { apiRoot: api } });
  const running = first.start().catch((error: GrammyError) => error);
  await vi.waitFor(() => expect(calls.at(-1)?.method).toBe("getUpdates"), 15_000);
  const second = new Bot(token, { client: { apiRoot: api } });
  const polling = second.start();
  onTestFinished(async () => {
    await second.stop();
    await polling;
  });
  expect(await running).toMatchObject({
    error_code: 409,
    description:
      "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
  });
});

test("grammY gets Telegram's errors, and the seconds to wait after too many messages", async () => {
  const rates = { burst: 2, perSecond: 0.5 };
  const { api, token, phone } = await telegramWithBot({ chat: rates, group: rates, all: rates });
  const bot = new Bot(token, { client: { apiRoot: api } });
  const { chat } = phone.sendText("hello");
  const errorOf = (call: Promise<unknown>) => call.catch((error: GrammyError) => error);

  expect(await errorOf(bot.api.sendMessage(1, "x"))).toMatchObject({
    ...{ method: "sendMessage", error_code: 400, description: "Bad Request: chat not found" },
  });
  await bot.api.sendMessage(chat.id, "1");
  await bot.api.sendMessage(chat.id, "2");
  const flood = await errorOf(bot.api.sendMessage(chat.id, "3"));
  expect(flood).toBeInstanceOf(GrammyError);
  const { retry_after } = (flood as GrammyError).parameters;
  expect([1, 2]).toContain(retry_after);
  const description = `Too Many Requests: retry after ${retry_after}`;
  expect(flood).toMatchObject({ error_code: 429, description });

  // as grammY's plugin auto-retry does
  bot.api.config.use(async (call, ...rest) => {
    const result = await call(...rest);
    const seconds = result.ok ? undefined : result.parameters?.retry_after;
    if (seconds === undefined) return result;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    return call(...rest);
  });
  expect(await bot.api.sendMessage(chat.id, "3")).toMatchObject({ text: "3" });
  expect(phone.replies().map(({ text }) => text)).toEqual(["1", "2", "3"]);
});

async function telegramWithBot(rates?: Parameters<typeof embeddedTelegram>[0]["rates"]) {
  const telegram = await embeddedTelegram({ port: 0, botToken: "1:x", botName: "x_bot", rates });
  onTestFinished(() => telegram.stop());
  const { token, phone, calls } = await telegram.openBot("own_bot");
  return { api: telegram.api, token, calls, phone: phone({ id: 5, first_name: "Ann" }) };
}
