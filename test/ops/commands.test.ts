import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { telegramBot } from "@keepsake/adapters/platforms/telegram";
import {
  type EmbeddedTelegram,
  embeddedTelegram,
} from "@keepsake/local/embedded/telegram/embeddedTelegram";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const bin = fileURLToPath(new URL("../../packages/ops/bin.mjs", import.meta.url));

let telegram: EmbeddedTelegram;
beforeAll(async () => {
  telegram = await embeddedTelegram({
    port: 0,
    botToken: "7070:secret_that_is_never_printed",
    botName: "keepsake_bot",
  });
});
afterAll(() => telegram.stop());

describe("npm run telegram:webhook", () => {
  test("registers the URL, the secret and the kinds of updates that the function handles", async () => {
    const url = "http://127.0.0.1:9/telegram/webhook";
    telegram.allowWebhook(url);

    expect(await runTool(["telegramWebhook", "linked"], links(telegram.botToken))).toEqual({
      code: 0,
      output: `Telegram sends updates to ${url}\n`,
    });

    expect(await telegramBot(telegram).getWebhookInfo()).toMatchObject({
      url,
      max_connections: 10,
      allowed_updates: [
        "message",
        "edited_message",
        "channel_post",
        "edited_channel_post",
        "callback_query",
      ],
    });
  }, 60_000);

  test("says what to set on a stage that has no bot", async () => {
    const { code, output } = await runTool(["telegramWebhook", "linked"], links("none"));
    expect(code).toBe(1);
    expect(output).toMatch(/^This stage has no bot: set TELEGRAM_BOT_NAME and the two secrets/);
  }, 60_000);

  test("names the rejected token as the cause without printing it", async () => {
    const { code, output } = await runTool(
      ["telegramWebhook", "linked"],
      links("7070:wrong_secret"),
    );
    expect(code).toBe(1);
    expect(output).toMatch(/^Telegram did not register the webhook \(setWebhook: 401 .*\); 401 or/);
    expect(output).not.toContain("wrong_secret");
  }, 60_000);
});

test("npm run doctor says what to do on a stage that was deployed with one pair of R2 keys", async () => {
  const { SST_RESOURCES_JSON } = links(telegram.botToken);
  const keys = { accessKeyId: "id", secretAccessKey: "secret-access-key" };
  const resources = { ...JSON.parse(SST_RESOURCES_JSON), Images: keys, Incoming: keys };
  const { code, output } = await runTool(["doctor", "linked"], {
    SST_RESOURCES_JSON: JSON.stringify(resources),
  });
  expect(code).toBe(1);
  expect(output).toMatch(
    /^There is one pair of R2 keys, .* set R2WebAccessKeyId and R2WebSecretAccessKey and deploy/,
  );
  expect(output.trim().split("\n")).toHaveLength(1);
}, 60_000);

describe("an operator's command", () => {
  test.each([
    [["telegramWebhook"], /^Name the stage: npm run telegram:webhook -- --stage production\n$/],
    [["migrate"], /^Name the database: set DATABASE_URL, or .* -- --stage production\n$/],
    [["dlq", "list"], /^There is no local system: run npm start first, or .* production\n$/],
    [["audit", "--stage"], /^Name the stage after --stage, such as --stage production\n$/],
    [["dlq", "linked", "show"], /^Usage: npm run dlq -- list \| show ID \| redrive \| drop ID/],
    [["audit", "linked", "--fxi"], /^Usage: npm run audit \[-- --fix\]/],
  ])(
    "explains in one line why it cannot run %j",
    async (args, message) => {
      const environment = { KEEPSAKE_HOME: "/there/is/no/such/folder", DATABASE_URL: "" };
      const { code, output } = await runTool(args, environment);
      expect(code).toBe(1);
      expect(output).toMatch(message);
      expect(output.trim().split("\n")).toHaveLength(1);
    },
    60_000,
  );
});

/** The links of a stage, as `sst shell` passes them to a process. */
function links(botToken: string) {
  const resources = {
    Telegram: { api: telegram.api, botToken },
    TelegramWebhook: { secret: "a_webhook_secret" },
    Api: { url: "http://127.0.0.1:9" },
  };
  return { SST_RESOURCES_JSON: JSON.stringify(resources) };
}

function runTool(args: string[], environment: Record<string, string>) {
  const env = { PATH: process.env.PATH, ...environment };
  return new Promise<{ code: number; output: string }>((resolve) => {
    execFile(process.execPath, [bin, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
    );
  });
}
