import type { EmbeddedTelegram } from "@keepsake/local/embedded/telegram/embeddedTelegram";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { test } from "../support/stackWithPlatforms.ts";

describe("linking a Telegram account", () => {
  test("takes effect only when the button is pressed, shows the images at once, and is undone by /unlink", async ({
    stack,
    telegram,
  }) => {
    const phone = telegram.phone({ id: 1, first_name: "Odd" });
    const client = stack.client("odd");
    phone.sendPhoto(await png(64, "#778899"));
    await phone.waitForReply(10_000);
    expect((await client.listImages()).images).toEqual([]);

    const { url } = await client.linkTelegram();
    expect(url).toMatch(/^https:\/\/t\.me\/keepsake_bot\?start=[\w-]{32}$/);
    const question = await ask(phone, url);
    expect(question.text).toBe("Link this Telegram account to odd?");
    expect((await client.listImages()).images).toEqual([]);
    press(phone, question, "Link");
    expect((await phone.waitForReply()).text).toMatch(/^This account is linked to odd/);

    const { images } = await client.listImages();
    expect(images).toHaveLength(1);
    expect((await client.getImage(images[0]!)).image.platform).toBe("telegram");
    phone.sendText("/unlink");
    expect((await phone.waitForReply()).text).toBe("This account is no longer linked.");
    expect((await client.listImages()).images).toEqual([]);
  });

  test("is refused for a link that was used, has expired, or was first opened by another account", async ({
    stack,
    telegram,
  }) => {
    const client = stack.client("careful");
    const first = telegram.phone({ id: 2, first_name: "First" });
    const second = telegram.phone({ id: 3, first_name: "Second" });
    const { url } = await client.linkTelegram();
    const question = await ask(first, url);
    expect((await ask(second, url)).text).toMatch(/was used or has expired/);
    press(second, question, "Link");
    expect((await first.waitForReply()).text).toMatch(/was used or has expired/);
    press(first, question, "Link");
    expect((await first.waitForReply()).text).toMatch(/is linked to careful/);
    expect((await ask(first, url)).text).toMatch(/was used or has expired/);
    press(first, question, "Link");
    expect((await first.waitForReply()).text).toMatch(/was used or has expired/);
    const linked = await stack.sql`select * from telegram_accounts where owner_id = 'user:careful'`;
    expect(linked).toHaveLength(1);

    const expired = await client.linkTelegram();
    const late = await ask(second, (await client.linkTelegram()).url);
    await stack.sql`update telegram_links set expires_at = now() - interval '1 s'`;
    expect((await ask(second, expired.url)).text).toMatch(/was used or has expired/);
    press(second, late, "Link");
    expect((await second.waitForReply()).text).toMatch(/was used or has expired/);
  });

  test("is refused when the account is linked to another owner, and changes nothing when cancelled", async ({
    stack,
    telegram,
  }) => {
    const id = 4;
    const phone = telegram.phone({ id, first_name: "Bound" });
    press(phone, await ask(phone, (await stack.client("one").linkTelegram()).url), "Link");
    await phone.waitForReply();
    press(phone, await ask(phone, (await stack.client("two").linkTelegram()).url), "Link");
    expect((await phone.waitForReply()).text).toMatch(/linked to someone else/);
    press(phone, await ask(phone, (await stack.client("one").linkTelegram()).url), "Cancel");
    expect((await phone.waitForReply()).text).toBe("Nothing was linked.");
    const linked = await stack.sql`
      select owner_id from telegram_accounts where telegram_user_id = ${id}
    `;
    expect(linked.map(({ owner_id }) => owner_id)).toEqual(["user:one"]);
  });

  test("has at most 10 links that are neither used nor expired, also when they are requested at once", async ({
    stack,
    telegram,
    task,
  }) => {
    task.meta.cases = 25;
    const client = stack.client("eager");
    const asked = await Promise.allSettled(Array.from({ length: 25 }, () => client.linkTelegram()));
    const links = asked.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const refused = asked.flatMap((result) => (result.status === "rejected" ? result.reason : []));

    expect(links).toHaveLength(10);
    for (const error of refused) {
      expect(error).toMatchObject({ code: "link.too_many" });
      expect(error.retryAfterSeconds).toBeGreaterThan(590);
      expect(error.retryAfterSeconds).toBeLessThanOrEqual(600);
    }
    await stack.client("another").linkTelegram();

    const phone = telegram.phone({ id: 5, first_name: "Eager" });
    press(phone, await ask(phone, links[0]!.url), "Cancel");
    await phone.waitForReply();
    await client.linkTelegram();
    await expect(client.linkTelegram()).rejects.toMatchObject({ code: "link.too_many" });

    await stack.sql`
      update telegram_links set expires_at = now() + interval '7 seconds'
      where token_sha256 = (
        select token_sha256 from telegram_links where owner_id = 'user:eager' order by expires_at limit 1
      )
    `;
    await expect(client.linkTelegram()).rejects.toMatchObject({ retryAfterSeconds: 7 });
    await stack.sql`
      update telegram_links set expires_at = now() - interval '1 second'
      where owner_id = 'user:eager' and expires_at < now() + interval '7 seconds'
    `;
    await client.linkTelegram();
  });

  test("works beside links that the release before this one inserts", async ({ stack }) => {
    await stack.sql`
      insert into telegram_links (token_sha256, owner_id, name, expires_at)
      select 'old ' || n, 'user:old', 'Old', now() + interval '10 minutes'
      from generate_series(1, 12) n
    `;
    await expect(stack.client("old").linkTelegram()).rejects.toMatchObject({
      code: "link.too_many",
    });
    await stack.sql`delete from telegram_links where token_sha256 in ('old 1', 'old 2', 'old 3')`;
    await stack.client("old").linkTelegram();
  });

  type Phone = ReturnType<EmbeddedTelegram["phone"]>;
  async function ask(phone: Phone, url: string) {
    phone.sendText(`/start ${new URL(url).searchParams.get("start")}`);
    return phone.waitForReply();
  }
  function press(phone: Phone, question: Awaited<ReturnType<typeof ask>>, label: string) {
    const buttons = question.reply_markup!.inline_keyboard.flat();
    const button = buttons.find(({ text }) => text === label);
    phone.press((button as { callback_data: string }).callback_data, question);
  }
});
