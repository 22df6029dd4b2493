import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { request } from "../support/stack.ts";
import { test } from "../support/stackWithPlatforms.ts";
import { linkTo } from "../support/telegramLinks.ts";

describe("the Telegram accounts of an owner", () => {
  test("are listed with their names, the last one first, and unlinked: their images are no longer the owner's", async ({
    stack,
    telegram,
  }) => {
    const client = stack.client("mira");
    expect(await client.listTelegramAccounts()).toEqual({ accounts: [] });
    const first = telegram.phone({ id: 71, first_name: "Mira\u202e", last_name: "Holm" });
    const second = telegram.phone({ id: 72, first_name: "\u200b", username: "mira_b" });
    first.sendPhoto(await png(64, "#778890"));
    await first.waitForReply(10_000);
    await linkTo(first, client);
    await linkTo(second, client);

    const { accounts } = await client.listTelegramAccounts();
    expect(accounts).toEqual([
      { telegram_id: "72", name: "@mira_b", linked_at: expect.any(String) },
      { telegram_id: "71", name: "Mira Holm", linked_at: expect.any(String) },
    ]);
    expect(Date.parse(accounts[0]!.linked_at)).toBeGreaterThan(Date.parse(accounts[1]!.linked_at));
    expect((await client.listImages()).images).toHaveLength(1);

    await client.unlinkTelegram({ telegram_id: "71" });
    await client.unlinkTelegram({ telegram_id: "71" });
    expect((await client.listTelegramAccounts()).accounts).toMatchObject([{ telegram_id: "72" }]);
    expect((await client.listImages()).images).toEqual([]);
    first.sendText("/unlink");
    expect((await first.waitForReply()).text).toBe("This account was not linked.");
    await linkTo(first, stack.client("someone"));
  });

  test("are another owner's to unlink only by that owner", async ({ stack, telegram }) => {
    const client = stack.client("bound");
    const phone = telegram.phone({ id: 73, first_name: "Bound" });
    await linkTo(phone, client);
    const other = stack.client("other");
    expect((await other.listTelegramAccounts()).accounts).toEqual([]);
    await other.unlinkTelegram({ telegram_id: "73" });
    expect((await client.listTelegramAccounts()).accounts).toHaveLength(1);
  });

  test("that an earlier release linked have no name, until they are linked again", async ({
    stack,
    telegram,
  }) => {
    const client = stack.client("early");
    await stack.sql`insert into telegram_accounts (telegram_user_id, owner_id) values (74, 'user:early')`;
    const [before] = (await client.listTelegramAccounts()).accounts;
    expect(before).toMatchObject({ telegram_id: "74", name: null });
    await linkTo(telegram.phone({ id: 74, first_name: "Early" }), client);
    const { accounts } = await client.listTelegramAccounts();
    expect(accounts).toEqual([{ ...before, name: "Early" }]);
  });

  test("are unlinked by decimal ids only", async ({ stack, task }) => {
    const ids = ["0", "-1", "1e3", "07", "x", "12345678901234567", "1%20"];
    task.meta.cases = ids.length;
    for (const id of ids) {
      const { status, body } = await request(stack, "DELETE", `/telegram/accounts/${id}`, {
        sub: "mira",
      });
      expect([id, status, body.error?.code]).toEqual([id, 422, "input.invalid"]);
    }
    await stack.client("mira").unlinkTelegram({ telegram_id: "9999999999999999" });
  });
});
