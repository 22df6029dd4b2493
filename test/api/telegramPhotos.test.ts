import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Image } from "@keepsake/contract/schemas";
import {
  type EmbeddedTelegram,
  embeddedTelegram,
} from "@keepsake/local/embedded/telegram/embeddedTelegram";
import type { FileFault } from "@keepsake/local/embedded/telegram/files";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { bytesAt, fileOf } from "../support/files.ts";
import { gpsJpeg, noisePng, png } from "../support/images.ts";
import { deliver, request, sweep, type TestStack, testStack } from "../support/stack.ts";

let stack: TestStack;
let telegram: EmbeddedTelegram;
let discord: Awaited<ReturnType<typeof serve>>;
let attachment: RequestListener = (_, response) => response.writeHead(404).end();
let lastUser = 1_000;

/** Everything that the functions log, at their most talkative. */
let logged = "";

beforeAll(async () => {
  process.env.LOG_LEVEL = "INFO";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    logged += text;
    return true;
  });
  telegram = await embeddedTelegram({
    port: 0,
    botToken: "7070:not_for_any_eyes_but_ours",
    botName: "keepsake_bot",
    webhookRetries: { pauseMs: 20, attempts: 3 },
  });
  discord = await serve((request, response) => attachment(request, response));
  stack = await testStack({ telegram, discordOrigins: [discord.origin] });
});
afterAll(async () => {
  await stack.stop();
  await telegram.stop();
  discord.stop();
});

/** Somebody with Telegram whom no other test knows, linked to an owner of ours who sees the images. */
async function somebody() {
  lastUser += 1;
  const phone = telegram.phone({ id: lastUser, first_name: "Mira" });
  const sub = `owner of ${lastUser}`;
  await stack.sql`
    insert into telegram_accounts ${stack.sql({ telegram_user_id: lastUser, owner_id: `user:${sub}` })}
  `;
  return { phone, sub, client: stack.client(sub), owner_id: `telegram:${lastUser}` };
}

describe("a Telegram photo", () => {
  test("becomes a permanent URL, which the bot answers with", async () => {
    const { phone, client, owner_id } = await somebody();
    const photo = await gpsJpeg();
    phone.sendPhoto(photo);

    const reply = await phone.waitForReply(10_000);

    const [image] = (await client.listImages()).images as [Image];
    expect(reply.text).toBe(image.url);
    expect(image).toMatchObject({ platform: "telegram", status: "published", width: 32 });
    const published = await bytesAt(image.url);
    expect(published.length).toBe(image.bytes);
    expect(published.includes("Wanderer")).toBe(false);
    const [row] = await stack.sql`select * from images where image_id = ${image.image_id}`;
    expect(row).toMatchObject({ owner_id, replied_at: expect.any(Date) });
    expect(row?.source).toEqual({
      file_id: expect.any(String),
      chat_id: expect.any(Number),
      message_id: expect.any(Number),
    });
  });

  test("that is a clean PNG document is published byte for byte", async () => {
    const { phone } = await somebody();
    const bytes = await png(64, "#0f1e2d");
    phone.sendDocument(bytes, { file_name: "map.png", mime_type: "image/png" });
    const { text } = await phone.waitForReply(10_000);
    expect(bytes.equals(await bytesAt(text))).toBe(true);
  });

  test("sent again is answered again, and published once", async () => {
    const { phone, client } = await somebody();
    const bytes = await png(64, "#1e2d3c");
    phone.sendPhoto(bytes);
    const first = await phone.waitForReply(10_000);
    phone.sendPhoto(bytes);

    expect((await phone.waitForReply(10_000)).text).toBe(first.text);

    expect((await client.listImages()).images).toHaveLength(1);
  });

  test("of an album is an image of its own, each", async () => {
    const { phone, client } = await somebody();
    phone.sendAlbum([await png(64, "#aa0000"), await png(64, "#00aa00"), await png(64, "#0000aa")]);
    for (let count = 0; count < 3; count += 1) await phone.waitForReply(10_000);
    expect((await client.listImages()).images).toHaveLength(3);
  });

  test("in an edited message, a channel post and by an anonymous admin is taken; a quoted one is not", async () => {
    const bytes = await png(64, "#2d3c4b");
    const { phone, owner_id } = await somebody();
    const chat = { id: -100_500, type: "channel" as const, title: "A channel" };
    const photo = () => {
      const { file_path: _, ...file } = telegram.addFile(bytes);
      return [{ ...file, width: 64, height: 64 }];
    };
    const message = phone.sendText("look");
    telegram.deliver({ edited_message: { ...message, edit_date: 1, photo: photo() } as never });
    telegram.deliver({
      channel_post: { message_id: 1, date: 1, chat, sender_chat: chat, photo: photo() } as never,
    });
    const quoted = { message_id: 2, date: 1, chat, photo: photo() };
    telegram.deliver({
      message: { ...message, message_id: 99, text: "this", reply_to_message: quoted } as never,
    });

    await until(async () => (await owners()).length === 2);
    await sleep(200);
    expect((await owners()).sort()).toEqual([`telegram:chat:${chat.id}`, owner_id].sort());

    async function owners() {
      const rows = await stack.sql`
        select owner_id from images where owner_id in (${owner_id}, ${`telegram:chat:${chat.id}`})
      `;
      return rows.map((row) => row.owner_id);
    }
  });

  test("delivered five times at once is published and answered once", async () => {
    const { phone, client } = await somebody();
    const message = phone.sendText("hello");
    const { file_path: _, ...file } = telegram.addFile(await png(64, "#3c4b5a"));
    const photo = [{ ...file, width: 64, height: 64 }];
    const update = { update_id: 7, message: { ...message, text: undefined, photo } } as never;

    const statuses = await Promise.all(Array.from({ length: 5 }, () => telegram.post(update)));

    expect(statuses).toEqual(Array(5).fill(200));
    await phone.waitForReply(10_000);
    await sleep(300);
    expect(phone.replies()).toHaveLength(1);
    expect((await client.listImages()).images).toHaveLength(1);
  });

  test("of somebody who blocked the bot is published all the same", async () => {
    const { phone, client } = await somebody();
    phone.block();
    phone.sendPhoto(await png(64, "#4b5a69"));
    await until(async () => (await client.listImages()).images[0]?.status === "published");
    await until(async () => {
      const [row] = await stack.sql`
        select replied_at from images where image_id = ${(await client.listImages()).images[0]!.image_id}
      `;
      return row?.replied_at !== null;
    });
  });

  test("whose reply is asked to wait is not published again, and answered later", async () => {
    const { phone, client } = await somebody();
    telegram.refuseNext("sendMessage", { error_code: 429, retry_after: 1 });
    phone.sendPhoto(await png(64, "#5a6978"));
    await until(async () => (await client.listImages()).images[0]?.status === "published");
    const [before] = (await client.listImages()).images;
    const fetched = downloadsOf(telegram);
    await sleep(1_100);

    await until(async () => {
      await sweep(stack);
      return phone.replies().length === 1;
    });

    expect(phone.replies()[0]!.text).toBe(before!.url);
    expect(downloadsOf(telegram)).toBe(fetched);
  });
});

describe("a Telegram file that cannot be had", () => {
  test("for good is rejected with a reason, and its sender told once", async () => {
    const { phone, client } = await somebody();
    const faults: [() => Promise<unknown> | unknown, RegExp][] = [
      [() => send({ getFile: { error_code: 400 } }), /no longer available/],
      [() => send({ file_path: "../../etc/passwd" }), /does not hand the image out/],
      [() => send({ download: { error_code: 404 } }), /no longer available/],
      [() => send({ download: "redirect" }), /does not hand the image out/],
      [() => send({ download: "endless" }), /over 20 MB/],
      [() => send({ download: "html" }), /Send a PNG, JPEG/],
      [() => sendBytes(Buffer.alloc(21 * 1024 * 1024)), /over 20 MB/],
      [() => sendBytes(Buffer.from("no image".repeat(99))), /Send a PNG, JPEG/],
    ];
    for (const [provoke, reason] of faults) {
      await provoke();
      const { text } = await phone.waitForReply(15_000);
      expect(text).toMatch(reason);
    }
    const { images } = await client.listImages({ limit: 100 });
    expect(images.map(({ status }) => status)).toEqual(Array(faults.length).fill("rejected"));
    await sleep(200);
    expect(phone.replies()).toHaveLength(faults.length);

    async function send(fault: object) {
      const bytes = await noisePng(32);
      phone.sendDocument(bytes, { file_name: "a.png", mime_type: "image/png", fault });
    }
    function sendBytes(bytes: Buffer) {
      phone.sendDocument(bytes, { file_name: "b.png", mime_type: "image/png" });
    }
  }, 60_000);

  test.for<[string, FileFault]>([
    ["429", { getFile: { error_code: 429, retry_after: 1 }, times: 1 }],
    ["500", { getFile: { error_code: 500 }, times: 1 }],
    ["401", { getFile: { error_code: 401 }, times: 1 }],
    ["half a file", { download: "cut_short", times: 1 }],
  ])("now (%s) is fetched later", { timeout: 30_000 }, async ([, fault]) => {
    const { phone, client } = await somebody();
    phone.sendDocument(await noisePng(32), { file_name: "a.png", mime_type: "image/png", fault });
    await until(async () => {
      await sweep(stack);
      return (await client.listImages()).images[0]?.status === "published";
    });
    await phone.waitForReply(10_000);
  });

  test("and is sent again once it was rejected gets another try", async () => {
    const { phone, client } = await somebody();
    const bytes = await png(64, "#697887");
    const fault = { getFile: { error_code: 400 } };
    phone.sendDocument(bytes, { file_name: "a.png", mime_type: "image/png", fault });
    expect((await phone.waitForReply(10_000)).text).toMatch(/no longer available/);
    phone.sendDocument(bytes, { file_name: "a.png", mime_type: "image/png" });
    const { text } = await phone.waitForReply(10_000);
    const { images } = await client.listImages();
    expect(images).toMatchObject([{ status: "published", url: text, error: null }]);
  });
});

describe("the webhook", () => {
  const update = { update_id: 1, message: { message_id: 1, chat: { id: 5, type: "private" } } };
  const post = (secret: string | undefined, body: unknown = update) =>
    request(stack, "POST", "/telegram/webhook", {
      body,
      headers: secret === undefined ? {} : { "x-telegram-bot-api-secret-token": secret },
    });

  test("refuses whoever does not know its secret", async () => {
    for (const secret of [undefined, "", "x", `${stack.webhookSecret}x`, "x".repeat(48)]) {
      const { status, body } = await post(secret);
      expect([status, body.error.code]).toEqual([401, "webhook.refused"]);
    }
  });

  test("says 200 to what means nothing to it, and keeps nothing of it", async () => {
    const [before] = await stack.sql`select count(*) from images`;
    const nothings = [
      update,
      {},
      { update_id: 2, poll: { id: "1" } },
      { update_id: 3, message: "what" },
      { update_id: 4, message: { ...update.message, photo: [] } },
      { update_id: 5, message: { ...update.message, photo: [{ file_id: 7 }] } },
      { update_id: 6, message: { ...update.message, text: "/start" } },
      { update_id: 7, callback_query: { id: "1", from: { id: 1 } } },
    ];
    for (const nothing of nothings)
      expect((await post(stack.webhookSecret, nothing)).status).toBe(200);
    expect(await stack.sql`select count(*) from images`).toEqual([before]);
  });
});

describe("linking a Telegram account", () => {
  test("binds by the button only, shows the images at once, and /unlink undoes it", async () => {
    const phone = telegram.phone({ id: ++lastUser, first_name: "Odd" });
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

  test("by a link that was used, is late, or was opened by somebody else is refused", async () => {
    const client = stack.client("careful");
    const first = telegram.phone({ id: ++lastUser, first_name: "First" });
    const second = telegram.phone({ id: ++lastUser, first_name: "Second" });
    const { url } = await client.linkTelegram();
    const question = await ask(first, url);
    expect((await ask(second, url)).text).toMatch(/used up/);
    press(second, question, "Link");
    expect((await first.waitForReply()).text).toMatch(/used up/);
    press(first, question, "Link");
    expect((await first.waitForReply()).text).toMatch(/is linked to careful/);
    expect((await ask(first, url)).text).toMatch(/used up/);
    press(first, question, "Link");
    expect((await first.waitForReply()).text).toMatch(/used up/);
    const bound = await stack.sql`select * from telegram_accounts where owner_id = 'user:careful'`;
    expect(bound).toHaveLength(1);

    const late = await client.linkTelegram();
    await stack.sql`update telegram_links set expires_at = now() - interval '1 s'`;
    expect((await ask(second, late.url)).text).toMatch(/used up/);
  });

  test("that is bound elsewhere is refused, and cancelling binds nobody", async () => {
    const phone = telegram.phone({ id: ++lastUser, first_name: "Bound" });
    press(phone, await ask(phone, (await stack.client("one").linkTelegram()).url), "Link");
    await phone.waitForReply();
    press(phone, await ask(phone, (await stack.client("two").linkTelegram()).url), "Link");
    expect((await phone.waitForReply()).text).toMatch(/linked to somebody else/);
    press(phone, await ask(phone, (await stack.client("one").linkTelegram()).url), "Cancel");
    expect((await phone.waitForReply()).text).toBe("Nothing was linked.");
    const bound = await stack.sql`
      select owner_id from telegram_accounts where telegram_user_id = ${lastUser}
    `;
    expect(bound.map(({ owner_id }) => owner_id)).toEqual(["user:one"]);
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

describe("another backend", () => {
  test("re-hosts a Telegram file by its ids, for the user it acts for", async () => {
    const client = stack.client("by ids");
    const { file_id, file_unique_id } = telegram.addFile(await png(64, "#8899aa"));
    const source = { platform: "telegram" as const, file_id, file_unique_id };

    const { image } = await client.rehostImage({ source });

    expect(image).toMatchObject({ platform: "telegram", status: "pending", url: null });
    expect((await client.listImages()).images).toHaveLength(1);
    const done = await published(client, image.image_id);
    const again = await request(stack, "POST", "/rehosts", { sub: "by ids", body: { source } });
    expect([again.status, again.body.image]).toEqual([200, done]);
  });

  test("re-hosts a Discord attachment by its URL, and keeps the URL no longer than it must", async () => {
    const client = stack.client("discord");
    const bytes = await png(64, "#99aabb");
    attachment = (_, response) => response.end(bytes);
    const path = "/attachments/11/22/cat.png";
    const url = `${discord.origin}${path}?ex=1&hm=2`;
    const body = { source: { platform: "discord", url } };

    const { status, body: answer } = await request(stack, "POST", "/rehosts", {
      sub: "discord",
      body,
    });

    expect(status).toBe(202);
    const image = await published(client, answer.image.image_id);
    expect(bytes.equals(await bytesAt(image.url))).toBe(true);
    const [row] = await stack.sql`select * from images where image_id = ${image.image_id}`;
    expect(row).toMatchObject({ platform_ref: path, source: {} });
  });

  test("is refused for what is no file of the platform", async () => {
    const client = stack.client("refused");
    const path = "/attachments/11/22/cat.png";
    const port = new URL(discord.origin).port;
    const urls = [
      `https://example.com${path}`,
      `http://user@127.0.0.1:${port}${path}`,
      `http://127.0.0.1:1${path}`,
      `https://127.0.0.1:${port}${path}`,
      `${discord.origin}/attachments/..%2f..%2fadmin`,
      `${discord.origin}/attachments/11/22/..`,
      `${discord.origin}.example.com${path}`,
      "not a url",
    ];
    for (const url of urls)
      await expect(
        client.rehostImage({ source: { platform: "discord", url } }),
      ).rejects.toMatchObject({ code: "source.refused" });
    const source = { platform: "flickr", url: "https://flickr.com/1" } as never;
    await expect(client.rehostImage({ source })).rejects.toMatchObject({ code: "input.invalid" });
    expect((await client.listImages()).images).toEqual([]);
  });

  test("sees why an image could not be had", async () => {
    const client = stack.client("gone");
    attachment = (_, response) => response.writeHead(404).end();
    const url = `${discord.origin}/attachments/33/44/gone.png`;
    const { image } = await client.rehostImage({ source: { platform: "discord", url } });
    await until(async () => (await client.getImage(image)).image.status === "rejected");
    expect((await client.getImage(image)).image.error).toMatch(/no longer available/);
  });

  test("may delete a re-hosted image, even one that is still pending", async () => {
    const client = stack.client("hasty");
    attachment = () => {}; // never answers
    const url = `${discord.origin}/attachments/55/66/slow.png`;
    const { image } = await client.rehostImage({ source: { platform: "discord", url } });
    await client.deleteImage(image);
    expect((await client.listImages()).images).toEqual([]);
    expect(await deliver(stack, "RehostQueue", [{ image_id: image.image_id }])).toEqual([]);
    discord.hangUp();
  });

  test("and an upload of the same picture are two images", async () => {
    const client = stack.client("both");
    const bytes = await png(64, "#aabbcc");
    attachment = (_, response) => response.end(bytes);
    const url = `${discord.origin}/attachments/77/88/both.png`;
    const { image } = await client.rehostImage({ source: { platform: "discord", url } });
    await published(client, image.image_id);
    await client.upload(fileOf(bytes));
    expect((await client.listImages()).images).toHaveLength(2);
  });
});

test("the bot's token is in no row, no log and no reply, whatever went wrong", async () => {
  expect(logged).toContain('"route":"telegramRehost"');
  const secret = telegram.botToken.split(":")[1]!;
  for (const table of [
    "images",
    "telegram_accounts",
    "telegram_links",
    "lore_pieces",
    "erasures",
  ]) {
    const rows = await stack.sql`select * from ${stack.sql(table)}`;
    expect(JSON.stringify(rows)).not.toContain(secret);
  }
  expect(JSON.stringify(telegram.calls)).not.toContain(secret);
  expect(logged).not.toContain(secret);
});

async function published(client: ReturnType<TestStack["client"]>, image_id: string) {
  await until(async () => (await client.getImage({ image_id })).image.status === "published");
  return (await client.getImage({ image_id })).image;
}

const downloadsOf = ({ calls }: EmbeddedTelegram) =>
  calls.filter(({ method }) => method === "getFile").length;

async function until(condition: () => Promise<boolean>) {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(100))
    if (await condition()) return;
  throw new Error("It did not come true in 15 s");
}

async function serve(listener: RequestListener) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hangUp: () => server.closeAllConnections(),
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
