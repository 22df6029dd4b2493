import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { Bot, InlineKeyboard } from "grammy";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { testPicture } from "../../products/testPicture.ts";
import { type NpmStart, startSystem } from "../../support/npmStart.ts";

const root = resolve(import.meta.dirname, "../../..");
let home: string;
let keepsake: NpmStart;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "keepsake-telegram-"));
  keepsake = await startSystem({ home });
}, 90_000);
afterAll(async () => {
  await keepsake?.stop();
  rmSync(home, { recursive: true, force: true });
});

describe("npm run telegram", () => {
  test("plays a user of one's own bot: it sends texts, pictures and files, and presses buttons", async () => {
    const bot = new Bot(tokens().my_bot!, { client: { apiRoot: keepsake.telegram } });
    bot.command("start", (context) =>
      context.reply("Keep?", { reply_markup: new InlineKeyboard().text("Yes", "y") }),
    );
    bot.on("callback_query", (context) => context.reply(`pressed ${context.callbackQuery.data}`));
    bot.on("message:photo", (context) => context.replyWithPhoto(context.msg.photo[0]!.file_id));
    bot.on("message:document", (context) => {
      const { file_name, mime_type } = context.msg.document;
      return context.reply(`${file_name} ${mime_type}`);
    });
    const running = bot.start();
    onTestFinished(async () => {
      await bot.stop();
      await running;
    });
    const file = join(home, "cat.png");
    writeFileSync(file, testPicture());

    expect(await telegram("--bot", "my_bot", "/start")).toBe("Keep?\n[Yes] y\n");
    expect(await telegram("--bot", "my_bot", "--press", "y")).toBe("pressed y\n");
    expect(await telegram("--bot", "@my_bot", file)).toBe("(a photo)\n");
    expect(await telegram("--bot", "my_bot", "--document", file)).toBe("cat.png image/png\n");
    await expect(telegram("--bot", "my_bot", "none.png")).rejects.toThrow(
      "There is no file none.png",
    );
    await expect(telegram("--bot", "my_bot", "--press", "z")).rejects.toThrow("message not found");
  }, 90_000);

  test("makes a bot, whose token is in local.json at once and the same after a restart", async () => {
    const printed = await telegram("--bot", "Shop_Bot");
    const token = tokens().shop_bot!;
    expect(printed).toContain(
      `TELEGRAM_API_URL=${keepsake.telegram}\nTELEGRAM_BOT_TOKEN=${token}\n`,
    );
    expect(await usernameOf(token)).toBe("shop_bot");
    await expect(telegram("--bot", "shop")).rejects.toThrow("ends with bot");

    const before = tokens();
    await keepsake.stop();
    keepsake = await startSystem({ home });
    expect(tokens()).toEqual(before);
    expect(await usernameOf(token)).toBe("shop_bot");
  }, 90_000);

  test("says what it takes when it is called otherwise", async () => {
    for (const args of [[], ["a.png", "b.png"], ["--bott", "x"], ["--press", "x"]])
      await expect(telegram(...args)).rejects.toThrow("npm run telegram -- photo.jpg");
  }, 60_000);
});

const tokens = (): Record<string, string> =>
  JSON.parse(readFileSync(join(home, "local.json"), "utf8")).telegram_bots;

async function usernameOf(token: string) {
  const response = await fetch(`${keepsake.telegram}/bot${token}/getMe`);
  return ((await response.json()) as { result: { username: string } }).result.username;
}

/** What `npm run telegram` prints. Throws with its errors. */
async function telegram(...args: string[]): Promise<string> {
  const env = { ...process.env, KEEPSAKE_HOME: home };
  const options = { cwd: root, env };
  const { stdout } = await promisify(execFile)(
    "npm",
    ["run", "--silent", "telegram", "--", ...args],
    options,
  );
  return stdout;
}
