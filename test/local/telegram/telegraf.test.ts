import { createServer } from "node:http";
import { listen } from "@keepsake/local/embedded/listen";
import { embeddedTelegram } from "@keepsake/local/embedded/telegram/embeddedTelegram";
import { Markup, Telegraf, TelegramError } from "telegraf";
import { message } from "telegraf/filters";
import { expect, onTestFinished, test } from "vitest";
import { describeBot, type StartBot } from "./botScenario.ts";

type Options = Parameters<StartBot>[0];

describeBot("a bot of telegraf on long polling", async (options) => {
  const bot = createBot(options);
  const running = bot.launch();
  return {
    async stop() {
      bot.stop();
      await running;
    },
  };
});

describeBot("a bot of telegraf on a webhook, which answers with methods", async (options) => {
  const bot = createBot(options);
  const server = createServer(bot.webhookCallback("/bot", { secretToken: "s3cret" }));
  const url = `http://127.0.0.1:${await listen(server, 0)}/bot`;
  await bot.telegram.setWebhook(url, { secret_token: "s3cret" });
  return { stop: async () => void server.close() };
});

function createBot({ api, token, pictures }: Options) {
  const bot = new Telegraf(token, { telegram: { apiRoot: api } });
  const fileOf = async (file_id: string) => {
    const response = await fetch(await bot.telegram.getFileLink(file_id));
    return Buffer.from(await response.arrayBuffer());
  };

  bot.start(async (context) => {
    await context.sendChatAction("typing");
    const buttons = Markup.inlineKeyboard([Markup.button.callback("Yes", "yes")]);
    await context.replyWithMarkdownV2("Keep *photos*?", buttons);
  });
  bot.action("yes", async (context) => {
    await context.answerCbQuery("Done");
    await context.editMessageText("Kept");
  });
  bot.on(message("media_group_id"), (context) => context.reply(context.message.media_group_id!));
  bot.on(message("photo"), async (context) => {
    const source = await fileOf(context.message.photo.at(-1)!.file_id);
    const { chat, message_id } = await context.replyWithPhoto({ source }, { caption: "back" });
    await context.telegram.editMessageCaption(chat.id, message_id, undefined, "back again");
  });
  bot.on(message("document"), async (context) => {
    const source = await fileOf(context.message.document.file_id);
    await context.replyWithDocument({ source, filename: "copy.txt" });
  });
  bot.hears("album", (context) =>
    context.replyWithMediaGroup(
      pictures.map((source, index) => ({
        ...{ type: "photo", media: { source }, caption: `${index + 1}` },
      })) as never,
    ),
  );
  bot.hears("clean", async (context) => {
    const { message_id } = await context.reply("gone");
    await context.deleteMessage(message_id);
    await context.reply("clean");
  });
  return bot;
}

test("telegraf gets Telegram's errors, and the seconds to wait after too many messages", async () => {
  const rates = { burst: 1, perSecond: 0.1 };
  const telegram = await embeddedTelegram({
    ...{ port: 0, botToken: "1:x", botName: "x_bot" },
    rates: { chat: rates, group: rates, all: { burst: 30, perSecond: 30 } },
  });
  onTestFinished(() => telegram.stop());
  const { token, phone } = await telegram.openBot("own_bot");
  const bot = new Telegraf(token, { telegram: { apiRoot: telegram.api } });
  const { chat } = phone({ id: 5, first_name: "Ann" }).sendText("hello");

  const wrong = { error_code: 400, description: "Bad Request: text must be non-empty" };
  await expect(bot.telegram.sendMessage(chat.id, " ")).rejects.toMatchObject({ response: wrong });
  await bot.telegram.sendMessage(chat.id, "1");
  const flood = await bot.telegram.sendMessage(chat.id, "2").catch((error) => error);
  expect(flood).toBeInstanceOf(TelegramError);
  expect(flood.code).toBe(429);
  expect([8, 9, 10]).toContain(flood.parameters.retry_after);

  const revoked = new Telegraf("5:revoked", { telegram: { apiRoot: telegram.api } });
  await expect(revoked.launch()).rejects.toMatchObject({ code: 401, message: "401: Unauthorized" });
});
