import { createClient, KeepsakeError } from "@keepsake/client";
import { Bot } from "grammy";

/**
 * A bot that answers a photo, or a picture sent as a file, with its permanent URL:
 *
 *   KEEPSAKE_API_URL=… KEEPSAKE_SERVICE_KEY=ks_… TELEGRAM_BOT_TOKEN=… npm start
 *
 * TELEGRAM_API_URL names a stand-in for Telegram, such as the one of Keepsake's `npm start`.
 */
const { KEEPSAKE_API_URL = "", KEEPSAKE_SERVICE_KEY = "", TELEGRAM_BOT_TOKEN = "" } = process.env;
const { TELEGRAM_API_URL = "https://api.telegram.org" } = process.env;

const bot = new Bot(TELEGRAM_BOT_TOKEN, { client: { apiRoot: TELEGRAM_API_URL } });
const downloads = `${TELEGRAM_API_URL}/file/bot${TELEGRAM_BOT_TOKEN}`;

bot.on(["message:photo", "message:document"], async (context) => {
  await context.replyWithChatAction("typing");
  try {
    const { file_path } = await context.getFile();
    const bytes = await (await fetch(`${downloads}/${file_path}`)).arrayBuffer();
    const { file_name, mime_type } = context.message.document ?? {};
    const file = new File([bytes], file_name ?? "photo.jpg", { type: mime_type ?? "image/jpeg" });
    if (!file.type.startsWith("image/")) return await context.reply("Please send a picture.");
    const owner = `telegram:${context.from.id}`; // your own id of the user whose picture this is
    const keepsake = createClient({
      baseUrl: KEEPSAKE_API_URL,
      serviceKey: KEEPSAKE_SERVICE_KEY,
      owner,
    });
    const image = await keepsake.upload(file, { reuse: true });
    await context.reply(image.url ?? "It is stored");
  } catch (error) {
    if (!(error instanceof KeepsakeError)) throw error;
    await context.reply(`This picture is not kept. ${error.message}`);
  }
});

bot.catch(({ error }) => console.error(error));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => bot.stop());
await bot.start({ onStart: ({ username }) => console.log(`@${username} waits for pictures`) });
