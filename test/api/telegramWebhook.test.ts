import { webhook } from "@keepsake/functions/runtime/telegramWebhook";
import { invoke } from "@keepsake/local/aws/lambda";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { request, type TestStack } from "../support/stack.ts";
import { test } from "../support/stackWithPlatforms.ts";

describe("the Telegram webhook", () => {
  const update = { update_id: 1, message: { message_id: 1, chat: { id: 5, type: "private" } } };
  const post = (stack: TestStack, secret: string | undefined, body: unknown = update) =>
    request(stack, "POST", "/telegram/webhook", {
      body,
      headers: secret === undefined ? {} : { "x-telegram-bot-api-secret-token": secret },
    });

  test("rejects requests without its secret", async ({ stack }) => {
    const { webhookSecret } = stack;
    const prefix = webhookSecret.slice(0, 20);
    for (const secret of [undefined, "", "x", prefix, `${webhookSecret}x`, "x".repeat(48)]) {
      const { status, body } = await post(stack, secret);
      expect([status, body.error.code]).toEqual([401, "webhook.refused"]);
    }
  });

  test("answers updates without a picture with 200 and stores nothing", async ({ stack }) => {
    const [before] = await stack.sql`select count(*) from images`;
    const ignored = [
      update,
      {},
      { update_id: 2, poll: { id: "1" } },
      { update_id: 3, message: "what" },
      { update_id: 4, message: { ...update.message, photo: [] } },
      { update_id: 5, message: { ...update.message, photo: [{ file_id: 7 }] } },
      { update_id: 6, message: { ...update.message, text: "/start" } },
      { update_id: 7, callback_query: { id: "1", from: { id: 1 } } },
    ];
    for (const update of ignored)
      expect((await post(stack, stack.webhookSecret, update)).status).toBe(200);
    expect(await stack.sql`select count(*) from images`).toEqual([before]);
  });
});

test("an Update with a key named __proto__ is used like any other", async ({
  stack,
  telegram,
  sender: { client, phone, owner_id },
}) => {
  const id = Number(owner_id.split(":")[1]);
  const from = { id, is_bot: false, first_name: "Mira" };
  const { file_path: _, ...file } = telegram.addFile(await png(64, "#727374"));
  const photo = [{ ...file, width: 64, height: 64 }];
  const chat = { id, type: "private", first_name: "Mira" };
  const message = { message_id: 1, date: 1, from, chat, photo };
  const body = JSON.stringify({ update_id: 1, message }).replaceAll(
    '"date":1',
    '"date":1,"__proto__":{"photo":[]},"constructor":{"prototype":{}}',
  );
  const headers = { "x-telegram-bot-api-secret-token": stack.webhookSecret };

  const { status } = await request(stack, "POST", "/telegram/webhook", { body, headers });

  expect(status).toBe(200);
  expect((await phone.waitForReply(10_000)).text).toBe((await client.listImages()).images[0]!.url);
});

test("a webhook whose secret is not configured accepts no request", async () => {
  let accepted = 0;
  const unconfigured = webhook(
    () => {
      throw new Error("TelegramWebhookSecret is not set");
    },
    async () => {
      accepted += 1;
      return { kind: "image", undelivered: [] };
    },
  );
  const lambda = { name: "telegramRehost", handler: unconfigured as never, timeoutMs: 1_000 };
  const headers = { "x-telegram-bot-api-secret-token": "", "content-type": "application/json" };

  const answer = await invoke(lambda, { headers, body: "{}", requestContext: { requestId: "1" } });

  expect(answer).toMatchObject({ statusCode: 500 });
  expect(accepted).toBe(0);
});
