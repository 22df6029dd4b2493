import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { test, until } from "../support/stackWithPlatforms.ts";

const refusals = {
  "a user who blocked the bot": { error_code: 403, description: "Forbidden: bot was blocked" },
  "an unknown chat": { error_code: 400, description: "Bad Request: chat not found" },
  "a rate limit": { error_code: 429, retry_after: 86_400 },
  "a Telegram that is down": { error_code: 502 },
};

describe("an Update whose reply fails gets a 200 and a line in the log, because of", () => {
  test.for(Object.entries(refusals))(
    "%s",
    async ([, refusal], { stack, telegram, logs, sender }) => {
      const { phone } = sender;
      const from = { id: Number(sender.owner_id.split(":")[1]), is_bot: false, first_name: "Mira" };
      const chat = { id: from.id, type: "private", first_name: "Mira" };
      const { url } = await stack.client("a refused owner").linkTelegram();
      const token = new URL(url).searchParams.get("start");
      const message = { message_id: 1, date: 1, from, chat };
      const { file_path: _, ...file } = telegram.addFile(await png(64));
      const updates: [kind: string, object][] = [
        ["start", { message: { ...message, text: `/start ${token}` } }],
        ["start", { message: { ...message, text: "/start unknown" } }],
        ["button", { callback_query: { id: "1", from, message, data: `cancel:${token}` } }],
        ["unlink", { message: { ...message, text: "/unlink" } }],
        [
          "anonymous",
          {
            message: { ...message, sender_chat: chat, photo: [{ ...file, width: 64, height: 64 }] },
          },
        ],
      ];

      for (const [kind, update] of updates) {
        telegram.refuseNext("sendMessage", refusal);
        const before = logs.text.length;

        expect(await telegram.post({ update_id: 1, ...update } as never)).toBe(200);

        const lines = logs.text.slice(before).trim().split("\n");
        const warnings = lines
          .map((line) => JSON.parse(line))
          .filter(({ level }) => level === "WARN");
        expect(warnings).toContainEqual(
          expect.objectContaining({
            message: "a reply was not delivered",
            kind,
            error: expect.objectContaining({
              message: expect.stringContaining(`sendMessage: ${refusal.error_code}`),
            }),
          }),
        );
      }
      expect(phone.replies()).toEqual([]);
    },
  );

  test("anything, and the user can ask again", async ({ stack, telegram, sender: { phone } }) => {
    const { url } = await stack.client("asks again").linkTelegram();
    const start = `/start ${new URL(url).searchParams.get("start")}`;
    telegram.refuseNext("sendMessage", { error_code: 429, retry_after: 1 });

    phone.sendText(start);
    phone.sendText(start);

    expect((await phone.waitForReply()).text).toBe("Link this Telegram account to asks again?");
    expect(phone.replies()).toHaveLength(1);
  });
});

test("a picture whose platform asks for a wait of centuries is tried again within an hour", async ({
  stack,
  telegram,
  sender: { client },
}) => {
  const flood = { getFile: { error_code: 429, retry_after: 1e13 } };
  const { file_id, file_unique_id } = telegram.addFile(await png(64, "#717171"), flood);
  const source = { platform: "telegram" as const, file_id, file_unique_id };
  const { image_id } = (await client.rehostImage({ source })).image;

  const row = async () =>
    (
      await stack.sql`
        select status, extract(epoch from retry_at - now()) / 60 as minutes
        from images where image_id = ${image_id} and retry_at is not null
      `
    )[0];
  await until(async () => (await row()) !== undefined);

  const { status, minutes } = (await row())!;
  expect(status).toBe("pending");
  expect(Number(minutes)).toBeGreaterThan(59);
  expect(Number(minutes)).toBeLessThanOrEqual(60);
});
