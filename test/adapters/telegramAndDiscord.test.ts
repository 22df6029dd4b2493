import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { discordFiles, parseAttachmentUrl } from "@keepsake/adapters/platforms/discordFiles";
import { download } from "@keepsake/adapters/platforms/download";
import { type TelegramBot, telegramBot } from "@keepsake/adapters/platforms/telegram";
import { PermanentError, RetryableError } from "@keepsake/core/outsideServiceErrors";
import { freePort } from "@keepsake/local/embedded/listen";
import { embeddedTelegram } from "@keepsake/local/embedded/telegram/embeddedTelegram";
import { remotePhone } from "@keepsake/local/embedded/telegram/remotePhone";
import { afterAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { type FileFault, faultyTelegram } from "../support/faultyTelegram.ts";

const botToken = "8080:AAF-do_not_reveal";
const botName = "keepsake_bot";
const maxBytes = 1_000_000;
const pixels = Buffer.alloc(100_000, "pixels");

const telegram = await faultyTelegram({ port: 0, botToken, botName });
afterAll(() => telegram.stop());
const { api } = telegram;
const unreachable = `http://127.0.0.1:${await freePort()}`;
const bot = telegramBot({ api, botToken });
let lastUser = 0;
const newPhone = () => telegram.phone({ id: ++lastUser, first_name: "Ann" });

describe("a file on Telegram", () => {
  test("is downloaded whole", async () => {
    const { photo } = newPhone().sendPhoto(pixels);
    const bytes = await bot.download(photo!.at(-1)!.file_id, maxBytes);
    expect(bytes.equals(pixels)).toBe(true);
  });

  test("may be as large as the limit; one byte larger, it is not requested", async () => {
    const full = telegram.addFile(Buffer.alloc(maxBytes, 1));
    expect((await bot.download(full.file_id, maxBytes)).length).toBe(maxBytes);

    const over = telegram.addFile(Buffer.alloc(maxBytes + 1, 1), {
      download: { error_code: 500 },
    });
    expect(await failure(bot.download(over.file_id, maxBytes))).toEqual(tooLarge);
  });

  test("of 21 MB is rejected by Telegram itself", async () => {
    const { file_id } = telegram.addFile(Buffer.alloc(21_000_000));
    expect(await failure(bot.download(file_id, 50_000_000))).toEqual(tooLarge);
  });

  test("that Telegram does not know is gone", async () => {
    expect(await failure(bot.download("no-such-file", maxBytes))).toEqual(gone);
  });

  test.for<[string, FileFault, object]>([
    ["getFile answers 400", { getFile: { error_code: 400 } }, { reason: "gone" }],
    ["getFile answers 401", { getFile: { error_code: 401 } }, {}],
    ["getFile answers 404, as for an unknown bot", { getFile: { error_code: 404 } }, {}],
    [
      "getFile answers 429",
      { getFile: { error_code: 429, retry_after: 17 } },
      { retryAfterSeconds: 17 },
    ],
    ["getFile answers 500", { getFile: { error_code: 500 } }, {}],
    ["the download answers 404", { download: { error_code: 404 } }, { reason: "gone" }],
    [
      "the download answers 429",
      { download: { error_code: 429, retry_after: 3 } },
      { retryAfterSeconds: 3 },
    ],
    ["the download answers 500", { download: { error_code: 500 } }, {}],
    ["the body has no end", { download: "endless" }, { reason: "too_large" }],
    ["the body is cut short", { download: "cut_short" }, {}],
    ["content-length says a terabyte", { download: "boasts" }, { reason: "too_large" }],
    ["the download is a redirect", { download: "redirect" }, { reason: "refused" }],
  ])("cannot be downloaded when %s", async ([, fault, expected], { expect }) => {
    const { file_id } = telegram.addFile(pixels, fault);
    const name = "reason" in expected ? "PermanentError" : "RetryableError";
    expect(await failure(bot.download(file_id, maxBytes))).toEqual({ name, ...expected });
  });

  test("can be downloaded once Telegram's rate limit is over", async () => {
    const flood = { getFile: { error_code: 429, retry_after: 1 }, times: 1 };
    const { file_id } = telegram.addFile(pixels, flood);
    await failure(bot.download(file_id, maxBytes));
    expect((await bot.download(file_id, maxBytes)).length).toBe(pixels.length);
  });

  test("ends at its content-length, and further bytes do not reach the next file", async () => {
    const long = telegram.addFile(pixels, { download: "runs_over" });
    const next = telegram.addFile(Buffer.from("next"));
    expect((await bot.download(long.file_id, maxBytes)).length).toBe(pixels.length / 2);
    expect(`${await bot.download(next.file_id, maxBytes)}`).toBe("next");
  });

  test("is fetched from its own origin only", async () => {
    const url = new URL(`${await serve((_, response) => response.end("unexpected"))}/a.jpg`);
    const options = { maxBytes, deadlineMs: 1_000, allowedOrigin: api, what: "The file" };
    expect(await failure(download(url, options))).toEqual(refused);
  });

  test("that stalls is abandoned at the deadline", async () => {
    const { file_path } = telegram.addFile(pixels, { download: "stalled" });
    const url = new URL(`${api}/file/bot${botToken}/${file_path}`);
    const options = { maxBytes, deadlineMs: 100, allowedOrigin: api, what: "The file" };
    expect(await failure(download(url, options))).toEqual({ name: "RetryableError" });
  });

  test("that arrives a byte at a time still has a size limit", async () => {
    const { file_path } = telegram.addFile(pixels, { download: "crumbs" });
    const url = new URL(`${api}/file/bot${botToken}/${file_path}`);
    const options = { maxBytes: 50_000, deadlineMs: 15_000, allowedOrigin: api, what: "The file" };
    expect(await failure(download(url, options))).toEqual(tooLarge);
  });

  test.for([
    "../getMe",
    "photos/../../secret",
    "/etc/passwd",
    "http://169.254.169.254/latest",
    "//169.254.169.254/latest",
    "photos\\..\\secret",
    "photos/%2e%2e/secret",
    "photos/a.jpg?x=1",
    "photos/a.jpg#x",
    "photos/a\nb.jpg",
    "photos/a\0.jpg",
    "photos//a.jpg",
    "",
  ])("is not requested at %j", async (file_path, { expect }) => {
    const { file_id } = telegram.addFile(pixels, { file_path });
    expect(await failure(bot.download(file_id, maxBytes))).toEqual(refused);
  });
});

describe("the bot", () => {
  test("replies to a message, with buttons", async () => {
    const phone = newPhone();
    const question = phone.sendText("/start abc");
    await bot.sendMessage({
      chat_id: question.chat.id,
      text: "Link?",
      reply_to_message_id: question.message_id,
      reply_markup: { inline_keyboard: [[{ text: "Link", callback_data: "link" }]] },
    });

    const reply = await phone.waitForReply();
    expect(reply.text).toBe("Link?");
    expect(reply.reply_to_message?.message_id).toBe(question.message_id);

    const pressed = phone.press("link", reply);
    const answer = { callback_query_id: pressed.id, text: "Linked" };
    expect(await bot.answerCallbackQuery(answer)).toBe(true);
    expect(await failure(bot.answerCallbackQuery(answer))).toEqual(refused);
  });

  test("still sends its text when the message was deleted", async () => {
    const phone = newPhone();
    const chat_id = phone.sendText("hello").chat.id;
    await bot.sendMessage({ chat_id, text: "Done", reply_to_message_id: 999_999 });
    expect((await phone.waitForReply()).reply_to_message).toBeUndefined();
  });

  test("gets a permanent error when a user blocked it", async () => {
    const phone = newPhone();
    const chat_id = phone.sendText("hello").chat.id;
    phone.block();
    expect(await failure(bot.sendMessage({ chat_id, text: "Done" }))).toEqual(refused);
    expect(phone.replies()).toEqual([]);
  });

  test("gets a retryable error with the wait when it is rate limited", async () => {
    const chat_id = newPhone().sendText("hello").chat.id;
    telegram.refuseNext("sendMessage", { error_code: 429, retry_after: 5 });
    const limited = failure(bot.sendMessage({ chat_id, text: "Done" }));
    expect(await limited).toEqual({ name: "RetryableError", retryAfterSeconds: 5 });
  });
});

describe("the bot's token is in no error", () => {
  test("when Telegram repeats it", async () => {
    const description = `Bad Request: no such path /bot${botToken}/x`;
    const { file_id } = telegram.addFile(pixels, { getFile: { error_code: 400, description } });
    const error = await bot.download(file_id, maxBytes).catch((error) => error);
    expect(everythingIn(error)).toContain("no such path");
    expect(everythingIn(error)).not.toContain("do_not_reveal");
  });

  test("when the token is wrong", async () => {
    const other = telegramBot({ api, botToken: "8080:do_not_reveal_this_one" });
    expect(await failure(other.getFile("x"))).toEqual({ name: "RetryableError" });
  });

  test.for<[string, RequestListener]>([
    ["disconnects", (_, response) => response.destroy()],
    ["does not speak HTTP", ({ url }, response) => response.socket?.end(`${url}\r\n\r\n`)],
    ["answers with an HTML page", ({ url }, response) => response.writeHead(502).end(`No ${url}`)],
    [
      "redirects",
      ({ url }, response) =>
        response.writeHead(302, { location: `http://127.0.0.1:1${url}` }).end(),
    ],
    ["answers with an empty body", (_, response) => response.end()],
    ["answers with null", (_, response) => response.end("null")],
  ])("when the server %s", async ([, answer], { expect }) => {
    const bot = telegramBot({ api: await serve(answer), botToken });
    expect(await failure(bot.download("x", maxBytes))).toEqual({ name: "RetryableError" });
  });

  test.for([
    ["nothing listens", unreachable],
    ["the host name does not exist", "http://telegram.invalid"],
    ["the server does not speak TLS", api.replace("http:", "https:")],
  ])("when %s", async ([, api = ""], { expect }) => {
    const bot = telegramBot({ api, botToken });
    expect(await failure(bot.download("x", maxBytes))).toEqual({ name: "RetryableError" });
  });
});

describe("a webhook", () => {
  test("gets updates with the secret, in order, and again until it accepts them", async () => {
    const { telegram, bot, phone } = await ownTelegram();
    const received: unknown[] = [];
    let failures = 2;
    const url = await serve(async (request, response) => {
      const { message } = JSON.parse(`${Buffer.concat(await request.toArray())}`);
      received.push([message.text, request.headers["x-telegram-bot-api-secret-token"]]);
      response.writeHead(failures-- > 0 ? 500 : 200).end();
    });
    phone.sendText("before");
    telegram.allowWebhook(url);
    await bot.setWebhook({ url, secret_token: "s3cret", allowed_updates: ["message"] });
    phone.sendText("after");
    telegram.deliver({ callback_query: { id: "1", from, chat_instance: "1" } });

    await untilPending(bot, 0);
    const [before, after] = ["before", "after"].map((text) => [text, "s3cret"]);
    expect(received).toEqual([before, before, before, after]);
    expect(await bot.getWebhookInfo()).toMatchObject({
      url,
      last_error_message: "Wrong response from the webhook: 500 Internal Server Error",
    });
  });

  test("that was down gets the updates of that time", async () => {
    const { telegram, bot, phone } = await ownTelegram();
    telegram.allowWebhook(unreachable);
    const down = { url: unreachable, secret_token: "x", allowed_updates: [] };
    await bot.setWebhook(down);
    phone.sendText("meanwhile");
    await vi.waitFor(async () =>
      expect(await bot.getWebhookInfo()).toMatchObject({
        pending_update_count: 1,
        last_error_message: "Connection refused",
      }),
    );

    const received: string[] = [];
    const url = await serve(async (request, response) => {
      received.push(JSON.parse(`${Buffer.concat(await request.toArray())}`).message.text);
      response.end();
    });
    telegram.allowWebhook(url);
    await bot.setWebhook({ ...down, url });
    await untilPending(bot, 0);
    expect(received).toEqual(["meanwhile"]);
  });

  test("that always fails is not called any more after the last attempt", async () => {
    const { telegram, bot, phone } = await ownTelegram({ pauseMs: 5, attempts: 3 });
    let requests = 0;
    const url = await serve((_, response) => {
      requests += 1;
      response.writeHead(503).end();
    });
    telegram.allowWebhook(url);
    await bot.setWebhook({ url, secret_token: "x", allowed_updates: [] });
    phone.sendText("never taken");
    await untilPending(bot, 0);
    expect(requests).toBe(3);
  });

  test("must be the API of this system, with a secret that is a valid header value", async ({
    task,
  }) => {
    task.meta.cases = 7;
    const { telegram, bot } = await ownTelegram();
    const api = "http://127.0.0.1:1234";
    telegram.allowWebhook(`${api}/telegram/webhook`);
    for (const url of [
      "https://example.com/",
      "http://127.0.0.1:1235/telegram/webhook",
      "http://localhost:1234/telegram/webhook",
      "https://127.0.0.1:1234/telegram/webhook",
      "http://127.0.0.1:1234@example.com/",
      "//127.0.0.1:1234/",
    ]) {
      const webhook = { url, secret_token: "x", allowed_updates: [] };
      expect([url, await failure(bot.setWebhook(webhook))]).toEqual([url, refused]);
    }
    const invalidSecret = {
      url: `${api}/`,
      secret_token: "not ok",
      allowed_updates: [],
    };
    expect(await failure(bot.setWebhook(invalidSecret))).toEqual(refused);
  });

  const from = { id: 1, is_bot: false, first_name: "Ann" };

  async function ownTelegram(webhookRetries = { pauseMs: 10, attempts: 10 }) {
    const telegram = await embeddedTelegram({ port: 0, botToken, botName, webhookRetries });
    onTestFinished(() => telegram.stop());
    const bot = telegramBot({ api: telegram.api, botToken });
    return { telegram, bot, phone: telegram.phone(from) };
  }

  async function untilPending(bot: TelegramBot, count: number) {
    await vi.waitFor(async () =>
      expect((await bot.getWebhookInfo()).pending_update_count).toBe(count),
    );
  }
});

test("a phone in another process sends a photo and sees the reply", async () => {
  const user = { id: ++lastUser, first_name: "Zoë" };
  const phone = remotePhone(api, user);
  const { chat, message_id, photo, caption } = await phone.sendPhoto(pixels, {
    caption: "Zoë & I",
  });
  expect(caption).toBe("Zoë & I");
  expect(await bot.download(photo!.at(-1)!.file_id, maxBytes)).toEqual(pixels);

  await bot.sendMessage({ chat_id: chat.id, text: "Here", reply_to_message_id: message_id });
  expect(await phone.waitForReply()).toMatchObject({ text: "Here", chat: user });
  await expect(phone.waitForReply(20)).rejects.toThrow("The bot sent nothing to Zoë in 20 ms");
});

describe("a phone in a page", () => {
  const page = "http://127.0.0.1:3007";
  const inPage = { headers: { origin: page } };

  test("can write to the bot from our origins only", async () => {
    const { api, bot } = await telegramWithPages();
    const phone = remotePhone(api, { id: 7, first_name: "Ann" });
    const sent = await phone.sendText("/start abc");
    expect(sent).toMatchObject({ text: "/start abc", entities: [{ type: "bot_command" }] });
    await bot.sendMessage({ chat_id: sent.chat.id, text: "Linked" });

    const reply = await fetch(`${api}/phone/7/reply?timeout_ms=5000`, inPage);
    expect(await reply.json()).toMatchObject({ result: { text: "Linked" } });
    expect(reply.headers.get("access-control-allow-origin")).toBe(page);
    const options = { method: "OPTIONS", headers: { ...inPage.headers } };
    const preflight = await fetch(`${api}/phone/7/photo`, options);
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe(page);
    expect(preflight.headers.get("access-control-allow-headers")).toBe("content-type");

    options.headers.origin = "http://localhost:3007";
    const otherOrigin = await fetch(`${api}/phone/7/photo`, options);
    expect(otherOrigin.headers.get("access-control-allow-origin")).toBeNull();
    const botApi = await fetch(`${api}/bot${botToken}/getMe`, inPage);
    expect(botApi.headers.get("access-control-allow-origin")).toBeNull();
  });

  test("that is closed while it waits does not receive the next one's reply", async () => {
    const { api, bot } = await telegramWithPages();
    const phone = remotePhone(api, { id: 7, first_name: "Ann" });
    await phone.sendText("Hello");
    const closing = new AbortController();
    const closed = fetch(`${api}/phone/7/reply?timeout_ms=5000`, { signal: closing.signal });
    await sleep(50);
    closing.abort();
    await expect(closed).rejects.toThrow("abort");
    await sleep(50);
    await bot.sendMessage({ chat_id: 7, text: "For the next" });
    expect(await phone.waitForReply()).toMatchObject({ text: "For the next" });
  });

  test("gets a status that browsers neither retry nor report when no reply comes", async () => {
    const { api } = await telegramWithPages();
    const response = await fetch(`${api}/phone/7/reply?timeout_ms=10`, inPage);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ ok: false, error_code: 504 });
  });

  async function telegramWithPages() {
    const telegram = await embeddedTelegram({ port: 0, botToken, botName, webOrigins: [page] });
    onTestFinished(() => telegram.stop());
    return { api: telegram.api, bot: telegramBot({ api: telegram.api, botToken }) };
  }
});

describe("a URL of a Discord attachment", () => {
  const origins = ["https://cdn.discordapp.com", "https://media.discordapp.net"];
  const path = "/attachments/1012/2034/portrait.png";
  const signed = "?ex=65d&is=65c&hm=0a1b&";

  test.for([
    [`https://cdn.discordapp.com${path}${signed}`, path],
    [`https://media.discordapp.net${path}${signed}format=webp&width=550`, path],
    [`https://cdn.discordapp.com${path}`, path],
    [
      `https://cdn.discordapp.com/ephemeral${path.replace("/", "-")}`,
      `/ephemeral-${path.slice(1)}`,
    ],
    [
      "https://cdn.discordapp.com/attachments/1/2/a..b%20%E3%81%82.png",
      "/attachments/1/2/a..b%20%E3%81%82.png",
    ],
  ])("is accepted: %s", ([url = "", platform_ref], { expect }) => {
    expect(parseAttachmentUrl(url, origins)?.platform_ref).toBe(platform_ref);
  });

  test.for([
    [`${signed}format=webp&quality=lossless&width=64&height=64`, "?ex=65d&is=65c&hm=0a1b"],
    ["?width=64&ex=65d&height=64&is=65c&hm=0a1b&=&size=16", "?ex=65d&is=65c&hm=0a1b"],
    ["?size=16", ""],
    ["?exs=1&EX=1&hm", ""],
    ["", ""],
  ])("asks for the original: %j becomes %j", ([sent, kept], { expect }) => {
    for (const origin of origins)
      expect(parseAttachmentUrl(`${origin}${path}${sent}`, origins)).toEqual({
        url: `${origin}${path}${kept}`,
        platform_ref: path,
      });
  });

  test.for([
    ["another scheme", `http://cdn.discordapp.com${path}`],
    ["a scheme of files", `file://cdn.discordapp.com${path}`],
    ["another host", `https://evil.example${path}`],
    ["a longer host", `https://cdn.discordapp.com.evil.example${path}`],
    ["a host below ours", `https://x.cdn.discordapp.com${path}`],
    ["a host's trailing dot", `https://cdn.discordapp.com.${path}`],
    ["an address", `https://169.254.169.254${path}`],
    ["a port", `https://cdn.discordapp.com:8443${path}`],
    ["a user", `https://cdn.discordapp.com@evil.example${path}`],
    ["a user and a password", `https://a:b@cdn.discordapp.com${path}`],
    ["backslashes", `https:\\\\cdn.discordapp.com${path}`],
    ["a backslash before the host", `https://evil.example\\@cdn.discordapp.com${path}`],
    ["a backslash in the path", "https://cdn.discordapp.com/attachments/1/2/..\\..\\a.png"],
    ["a dot segment", "https://cdn.discordapp.com/attachments/1/../../a.png"],
    ["a dot segment at its end", "https://cdn.discordapp.com/attachments/1/2/.."],
    ["an escaped dot segment", "https://cdn.discordapp.com/attachments/1/2/%2e%2E"],
    ["an escaped slash", "https://cdn.discordapp.com/attachments/1/2/a%2Fb.png"],
    ["an escaped backslash", "https://cdn.discordapp.com/attachments/1/2/a%5cb.png"],
    ["an escape of an escape", "https://cdn.discordapp.com/attachments/1/2/a%252fb.png"],
    ["an escaped line end", "https://cdn.discordapp.com/attachments/1/2/a%0d%0ab.png"],
    ["half an escape", "https://cdn.discordapp.com/attachments/1/2/a%2"],
    ["a line end", "https://cdn.discordapp.com/attachments/1/2/a\r\nb.png"],
    ["a line end after it", `https://cdn.discordapp.com${path}\n`],
    ["a space before it", ` https://cdn.discordapp.com${path}`],
    ["a tab in the scheme", `ht\ttps://cdn.discordapp.com${path}`],
    ["a letter that only looks the same", `https://cdn.discordаpp.com${path}`],
    ["a fragment", `https://cdn.discordapp.com${path}#x`],
    ["an empty segment", "https://cdn.discordapp.com//attachments/1/2/a.png"],
    ["too few segments", "https://cdn.discordapp.com/attachments/1/a.png"],
    ["too many segments", "https://cdn.discordapp.com/attachments/1/2/3/a.png"],
    ["ids that are not numbers", "https://cdn.discordapp.com/attachments/me/you/a.png"],
    ["another kind of Discord URL", "https://cdn.discordapp.com/avatars/1/2.png"],
    ["more than 2,000 characters", `https://cdn.discordapp.com${path}?${"x".repeat(2_000)}`],
    ["nothing", ""],
  ])("is rejected with %s", ([, url = ""], { expect }) => {
    expect(parseAttachmentUrl(url, origins)).toBeUndefined();
  });
});

describe("an attachment on Discord", () => {
  const path = "/attachments/1/2/a.png";

  test("is downloaded from a configured origin and no other", async () => {
    const requested: unknown[] = [];
    const origin = await serve((request, response) => {
      requested.push(request.url);
      response.end(pixels);
    });
    const otherOrigin = await serve((_, response) => response.end("unexpected"));
    const { download } = discordFiles({ origins: origin });

    const bytes = await download({ url: `${origin}${path}?ex=1&hm=2` }, maxBytes);

    expect(bytes.equals(pixels)).toBe(true);
    expect(requested).toEqual([`${path}?ex=1&hm=2`]);
    expect(await failure(download({ url: `${otherOrigin}${path}` }, maxBytes))).toEqual(refused);
  });

  test.for<[string, RequestListener, object]>([
    [
      "its signature expired",
      (_, response) => response.writeHead(404).end("This content is no longer available."),
      { name: "PermanentError", reason: "gone" },
    ],
    [
      "it is over the limit and has no content-length",
      (_, response) => response.end(Buffer.alloc(maxBytes + 1)),
      { name: "PermanentError", reason: "too_large" },
    ],
    [
      "it is a redirect",
      (_, response) => response.writeHead(301, { location: "http://169.254.169.254/" }).end(),
      { name: "PermanentError", reason: "refused" },
    ],
    [
      "the request is rate limited",
      (_, response) => response.writeHead(429, { "retry-after": "9" }).end(),
      { name: "RetryableError", retryAfterSeconds: 9 },
    ],
    ["the CDN is down", (_, response) => response.writeHead(503).end(), { name: "RetryableError" }],
  ])("cannot be downloaded when %s", async ([, answer, expected], { expect }) => {
    const origin = await serve(answer);
    const { download } = discordFiles({ origins: origin });
    expect(await failure(download({ url: `${origin}${path}?hm=do_not_reveal` }, maxBytes))).toEqual(
      expected,
    );
  });
});

const tooLarge = { name: "PermanentError", reason: "too_large" };
const gone = { name: "PermanentError", reason: "gone" };
const refused = { name: "PermanentError", reason: "refused" };

/** What a call threw. Checks that it holds no secrets. */
async function failure(call: Promise<unknown>): Promise<object> {
  const error = await call.then(
    (result) => expect.fail(`It resolved to ${inspect(result)}`),
    (error: unknown) => error,
  );
  expect(everythingIn(error)).not.toMatch(/do_not_reveal|\/bot8080/);
  const { cause } = error as Error; // Node's own errors may hold a packet, in hex
  expect(["stack", "message"]).toEqual(
    expect.arrayContaining(Object.getOwnPropertyNames(cause ?? {})),
  );
  if (error instanceof PermanentError) return { name: error.name, reason: error.reason };
  if (!(error instanceof RetryableError)) throw error;
  const { name, retryAfterSeconds } = error;
  return { name, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
}

const everythingIn = (error: unknown) =>
  inspect(error, { depth: 10, showHidden: true }) + (error as Error).stack + JSON.stringify(error);

/** Starts a server on loopback until the test is over; resolves to its origin. */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
