import { createServer } from "node:http";
import type { Update } from "@grammyjs/types";
import { listen } from "@keepsake/local/embedded/listen";
import { expect, onTestFinished, test } from "vitest";
import { type Answer, rawBot } from "./botWithoutLibrary.ts";

const textsOf = ({ result }: Answer) => result.map(({ message }: Update) => message?.text);

test("getUpdates answers the same updates until a higher offset confirms them", async () => {
  const { call, phone } = await rawBot();
  for (const text of ["a", "b", "c"]) phone.sendText(text);
  const first = await call("getUpdates", { limit: 2 });
  expect(textsOf(first)).toEqual(["a", "b"]);
  expect(textsOf(await call("getUpdates", { limit: 2 }))).toEqual(["a", "b"]);

  const offset = first.result[1].update_id + 1;
  expect(textsOf(await call("getUpdates", { offset }))).toEqual(["c"]);
  expect((await call("getWebhookInfo")).result.pending_update_count).toBe(1);
  expect(textsOf(await call("getUpdates", { offset: offset + 1 }))).toEqual([]);
});

test("getUpdates with a negative offset answers the last updates and forgets those before", async () => {
  const { call, phone } = await rawBot();
  for (const text of ["a", "b", "c"]) phone.sendText(text);
  expect(textsOf(await call("getUpdates", { offset: -1 }))).toEqual(["c"]);
  expect(textsOf(await call("getUpdates"))).toEqual(["c"]);
});

test("getUpdates waits for an update, and no longer than its timeout", async () => {
  const { call, phone, arrived } = await rawBot();
  const waiting = call("getUpdates", { timeout: 50 });
  await arrived(1);
  phone.sendText("now");
  expect(textsOf(await waiting)).toEqual(["now"]);

  const from = performance.now();
  const { result } = await call("getUpdates", { offset: 2 ** 31 - 1, timeout: 1 });
  expect(result).toEqual([]);
  expect(performance.now() - from).toBeGreaterThan(900);
});

test("an update that a disconnected getUpdates was waiting for comes with the next", async () => {
  const { call, phone, arrived } = await rawBot();
  const controller = new AbortController();
  const waiting = call("getUpdates", { timeout: 50 }, controller.signal).catch(({ name }) => name);
  await arrived(1);
  controller.abort();
  expect(await waiting).toBe("AbortError");
  phone.sendText("later");
  expect(textsOf(await call("getUpdates", { timeout: 50 }))).toEqual(["later"]);
});

test("getUpdates ends the one that waits with a conflict, as setWebhook does", async () => {
  const { call, base, arrived } = await rawBot();
  const first = call("getUpdates", { timeout: 50 });
  await arrived(1);
  const second = call("getUpdates", { timeout: 50 });
  expect(await first).toEqual({
    status: 409,
    description:
      "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
  });

  await arrived(2);
  await call("setWebhook", { url: new URL(base).origin });
  const ended = { status: 409, description: "Conflict: terminated by setWebhook request" };
  expect(await second).toEqual(ended);
});

test("getUpdates is refused while a webhook is set", async () => {
  const { call, base } = await rawBot();
  await call("setWebhook", { url: new URL(base).origin });
  expect(await call("getUpdates")).toEqual({
    status: 409,
    description:
      "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
  });
  expect(await call("deleteWebhook")).toMatchObject({ status: 200, result: true });
  expect(await call("getUpdates")).toEqual({ status: 200, result: [] });
});

test("allowed_updates holds for later updates, and stays until another list is given", async () => {
  const { call, phone } = await rawBot();
  phone.sendText("before");
  await call("getUpdates", { allowed_updates: ["callback_query"] });
  phone.sendText("unwanted");
  expect(textsOf(await call("getUpdates"))).toEqual(["before"]);
  expect((await call("getWebhookInfo")).result.allowed_updates).toEqual(["callback_query"]);
  await call("getUpdates", { allowed_updates: ["constructor"] });
  phone.sendText("unwanted");
  await call("getUpdates?allowed_updates=[]");
  phone.sendText("after");
  expect(textsOf(await call("getUpdates"))).toEqual(["before", "after"]);
});

test("setWebhook and deleteWebhook drop pending updates when they are asked to", async () => {
  const { call, phone } = await rawBot();
  phone.sendText("dropped");
  await call("deleteWebhook", { drop_pending_updates: true });
  expect(textsOf(await call("getUpdates"))).toEqual([]);
});

test("a webhook names a method in its response, as JSON or as a form, and it is called", async () => {
  const { call, phone } = await rawBot();
  const answers = [
    ["application/json", JSON.stringify({ method: "sendMessage", chat_id: 9, text: "json" })],
    ["application/x-www-form-urlencoded", "method=sendMessage&chat_id=9&text=form"],
    ["text/plain", "method=sendMessage&chat_id=9&text=ignored"],
    ["application/json", "{"],
  ];
  const server = createServer((_, response) => {
    const [type, body] = answers.shift()!;
    response.writeHead(200, { "content-type": type! }).end(body);
  });
  onTestFinished(() => void server.close());
  await call("setWebhook", { url: `http://127.0.0.1:${await listen(server, 0)}/` });
  for (let count = 0; count < 4; count += 1) phone.sendText("hello");
  await expect.poll(async () => (await call("getWebhookInfo")).result.pending_update_count).toBe(0);
  expect(phone.replies().map(({ text }) => text)).toEqual(["json", "form"]);
});

test.for<[string, object]>([
  ["deleteWebhook", {}],
  ["setWebhook", { url: "http://127.0.0.1:1/" }],
])("a webhook may name %s in its response", async ([method, parameters], { expect }) => {
  const { call, phone, telegram } = await rawBot();
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ method, ...parameters }));
  });
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${await listen(server, 0)}/`;
  await call("setWebhook", { url });
  phone.sendText("hello");
  await expect.poll(async () => (await call("getWebhookInfo")).result.url).not.toBe(url);
  expect((await call("getWebhookInfo")).result.pending_update_count).toBe(0);
  expect(await call("setWebhook", { url })).toMatchObject({ result: true });
  expect(await call("deleteWebhook")).toMatchObject({ result: true });
  await telegram.stop();
});

test("the webhook of an own bot may be anywhere on this machine, and nowhere else", async () => {
  const { call } = await rawBot();
  for (const url of [
    "https://example.com/",
    "http://127.0.0.1.example.com/",
    "http://a@127.0.0.1/",
    "file:///x",
  ])
    expect(await call("setWebhook", { url })).toEqual({
      status: 400,
      description: "Bad Request: bad webhook: the embedded Telegram sends to this machine only",
    });
  for (const url of ["http://localhost:1/", "http://[::1]:1/", "https://127.0.0.1:1/x"])
    expect(await call("setWebhook", { url })).toEqual({ status: 200, result: true });
  for (const [secret_token, description] of [
    ["not ok", "Bad Request: secret token contains unallowed characters"],
    ["x".repeat(257), "Bad Request: secret token is too long"],
  ])
    expect(await call("setWebhook", { url: "http://127.0.0.1:1/", secret_token })).toEqual({
      ...{ status: 400, description },
    });
});

test("the webhook and the files of an own bot are on this machine, and no redirect is followed", async ({
  task,
}) => {
  task.meta.cases = 10;
  const { call, phone } = await rawBot();
  phone.sendText("hello");
  const elsewhere = [
    ...["https://example.com/a.png", "http://127.0.0.1.example.com/", "http://a@127.0.0.1/"],
    "http://192.0.2.1/",
  ];
  for (const url of elsewhere) {
    expect((await call("setWebhook", { url })).status).toBe(400);
    expect((await call("sendPhoto", { chat_id: 9, photo: url })).status).toBe(400);
  }

  const requested: string[] = [];
  const target = createServer((_, response) => {
    requested.push("target");
    response.writeHead(200, { "content-type": "image/png" }).end("\x89PNG\r\n");
  });
  const location = `http://localhost:${await listen(target, 0)}/`;
  const redirect = createServer((_, response) => {
    requested.push("redirect");
    response.writeHead(307, { location }).end();
  });
  const url = `http://127.0.0.1:${await listen(redirect, 0)}/`;
  onTestFinished(() => void target.close());
  onTestFinished(() => void redirect.close());
  expect(await call("sendPhoto", { chat_id: 9, photo: url })).toEqual({
    ...{ status: 400, description: "Bad Request: failed to get HTTP URL content" },
  });
  await call("setWebhook", { url });
  const info = async () => (await call("getWebhookInfo")).result.last_error_message;
  await expect.poll(info).toBe("Wrong response from the webhook: 307 Temporary Redirect");
  await call("deleteWebhook");
  expect(new Set(requested)).toEqual(new Set(["redirect"]));
});
