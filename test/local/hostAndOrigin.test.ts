import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { startApiGateway } from "@keepsake/local/aws/apiGateway";
import { startStudio } from "@keepsake/local/aws/cloudFront";
import { startFunctionUrl } from "@keepsake/local/aws/functionUrl";
import { embeddedImageHosts } from "@keepsake/local/embedded/imageHosts/embeddedImageHosts";
import { embeddedR2 } from "@keepsake/local/embedded/r2/embeddedR2";
import { s3Path } from "@keepsake/local/embedded/r2/s3Proxy";
import { embeddedSqs } from "@keepsake/local/embedded/sqs";
import { embeddedTelegram } from "@keepsake/local/embedded/telegram/embeddedTelegram";
import type { Settings } from "@keepsake/studio/settings";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

const page = "http://127.0.0.1:5173";
const webOrigins = [page];
const bot = "/bot1:token";

/**
 * For every server that `npm start` starts: a path, a request that changes something, whether pages may
 * send it, and whether it must be signed.
 */
const servers: Record<string, LocalServer> = {
  "the API": { path: "/health", write: "POST /elsewhere", forPages: true },
  "the stream": { path: "/", write: "POST /", forPages: true },
  SQS: { path: "/", write: "POST /", isSigned: true },
  R2: {
    path: `${s3Path}/images/a`,
    write: `PUT ${s3Path}/incoming/a`,
    forPages: true,
    isSigned: true,
  },
  "the CDN": { path: "/portraits/a" },
  "the Telegram stand-in": {
    path: `${bot}/getMe`,
    write: `GET ${bot}/setWebhook?url=`,
    forPages: true,
  },
  "the stand-in for image hosts": { path: "/fresh" },
  "Studio's server": { path: "/" },
};

type LocalServer = { path: string; write?: string; forPages?: boolean; isSigned?: boolean };

const urls: Record<string, string> = {};
const stops: (() => unknown)[] = [];
let handled = 0;

beforeAll(async () => {
  const handler = async (_: never, stream?: unknown) => {
    handled += 1;
    if (stream instanceof Writable) stream.end();
    return {};
  };
  const lambda = { name: "any", handler, timeoutMs: 1_000 };
  const directory = await mkdtemp(join(tmpdir(), "keepsake-guard-"));
  const [r2, sqs, telegram, imageHosts, studio, stream] = await Promise.all([
    embeddedR2({ directory, ports: { s3: 0, cdn: 0 }, pairs: [], webOrigins }),
    embeddedSqs({ port: 0 }),
    embeddedTelegram({ port: 0, botToken: "1:token", botName: "bot", webOrigins }),
    embeddedImageHosts({ port: 0 }),
    startStudio({ port: 0 }),
    startFunctionUrl({ port: 0, lambda: lambda as never, webOrigins }),
  ]);
  const functions = {
    routes: { health: lambda } as never,
    pages: {} as never,
    notFound: lambda,
  };
  const gateway = await startApiGateway({ port: 0, functions, webOrigins });
  const addresses = { api: page, stream: page, cdn: page, uploads: page };
  const settings: Settings = { ...addresses, sign_in: { by: "name" }, sweep_minutes: 1 };
  await studio.serve({ directory: inject("studio"), settings });
  stops.push(gateway.stop, stream.stop, studio.stop, telegram.stop, imageHosts.stop, sqs.stop);
  stops.push(r2.stop, () => rm(directory, { recursive: true, force: true }));
  urls["the API"] = gateway.url;
  urls["the stream"] = stream.url;
  urls.SQS = sqs.endpoint;
  urls.R2 = r2.endpoint;
  urls["the CDN"] = r2.publicUrl;
  urls["the Telegram stand-in"] = telegram.api;
  urls["the stand-in for image hosts"] = imageHosts.origin;
  urls["Studio's server"] = studio.origin;
});
afterAll(async () => {
  for (const stop of stops) await stop();
});

const methods = ["GET", "POST", "OPTIONS"];

describe.for(Object.entries(servers))("%s", ([name, { path, write, forPages, isSigned }]) => {
  const changing = write ?? `POST ${path}`;
  const ownHost = () => new URL(urls[name]!).host;
  const send = (line: string, headers: Record<string, string> = {}) =>
    statusOf(urls[name]!, line, { host: ownHost(), ...headers });

  test("responds at each name of this machine with its own port", async ({ task }) => {
    const { port } = new URL(urls[name]!);
    const hosts = ["127.0.0.1", "localhost", "LocalHost", "[::1]"];
    task.meta.cases = hosts.length;
    for (const host of hosts)
      expect([host, await send(`GET ${path}`, { host: `${host}:${port}` })]).not.toEqual([
        host,
        421,
      ]);
  });

  test("refuses every other Host", async ({ task }) => {
    const { port } = new URL(urls[name]!);
    const hosts = [
      ...["evil.example", `evil.example:${port}`, `127.0.0.1.evil.example:${port}`],
      ...[`localhost.evil.example:${port}`, `evil.example/127.0.0.1:${port}`, `127.0.0.2:${port}`],
      ...[`0.0.0.0:${port}`, `user@127.0.0.1:${port}`, `127.0.0.1:${port}x`, ""],
      ...(isSigned ? [] : ["127.0.0.1", "localhost:1"]),
    ];
    task.meta.cases = 2 * hosts.length;
    for (const host of hosts)
      for (const line of [`GET ${path}`, changing])
        expect([host, line, await send(line, { host })]).toEqual([host, line, 421]);
  });

  test("answers several Hosts with 400, also when the first is its own", async ({ task }) => {
    task.meta.cases = 2;
    const [own, other] = [ownHost(), "evil.example"];
    expect(await send(`GET ${path}`, { host: own, Host: other })).toBe(400);
    expect(await send(`GET ${path}`, { host: other, Host: own })).toBe(400);
  });

  test("refuses a change that another page asks for, with an Origin or without", async ({
    task,
  }) => {
    const { port } = new URL(urls[name]!);
    const foreign: Record<string, string>[] = [
      ...["https://evil.example", "null", "http://127.0.0.1:1", `https://127.0.0.1:${port}`].map(
        (origin) => ({ origin }),
      ),
      ...["cross-site", "same-site"].map((site) => ({ "sec-fetch-site": site })),
    ];
    const [, changingPath] = changing.split(" ");
    const lines = [
      changing,
      ...["POST", "PUT", "PATCH", "DELETE"].map((method) => `${method} ${changingPath}`),
    ];
    task.meta.cases = foreign.length * lines.length;
    const before = handled;
    for (const headers of foreign)
      for (const line of lines)
        expect([headers, line, await send(line, headers)]).toEqual([headers, line, 403]);
    expect(handled).toBe(before);
  });

  test("serves programs, its own pages and those of WEB_ORIGINS", async () => {
    const unsigned = isSigned ? [400, 403, 404, 411] : [200, 201, 308, 404, 405, 422];
    const allowed = [{}, { origin: `http://${ownHost()}` }, { "sec-fetch-site": "none" }];
    for (const headers of forPages ? [...allowed, { origin: page }] : allowed)
      expect(unsigned).toContain(await send(changing, headers));
  });

  test.for([
    ...["//", "//evil.example/", "/\\", "/\\evil.example", "*", "http://", "http://["],
    ...["http://[::1", "health", "?x=1"],
  ])("answers the target %s with 400", async (target, { task }) => {
    task.meta.cases = methods.length;
    for (const method of methods)
      expect([method, await send(`${method} ${target}`)]).toEqual([method, 400]);
  });

  test.for([...["/%", "/%zz", "/%ff", "/a/%e0%a4"]])(
    "answers the broken escape %s with 400, or passes it to a function of the API",
    async (target, { task }) => {
      task.meta.cases = methods.length;
      const expected = name === "the API" ? 200 : 400;
      for (const method of methods)
        expect([method, await send(`${method} ${target}`)]).toEqual([method, expected]);
    },
  );

  test("takes an absolute target for its own path, and refuses another host's", async ({
    task,
  }) => {
    task.meta.cases = 3;
    expect(await send(`GET http://${ownHost()}${path}`)).toBe(await send(`GET ${path}`));
    for (const host of ["evil.example", `${ownHost()}@evil.example`])
      expect(await send(`GET http://${host}${path}`)).toBe(421);
  });
});

test.for([
  ["if-match", "x", 404],
  ["if-none-match", "x", 404],
  ["if-none-match", 'W/"x", "y"', 404],
  ["if-modified-since", "yesterday", 404],
  ["if-unmodified-since", "\u00e9", 404],
] as const)("the CDN responds to %s: %s as to any request", async ([name, value, status]) => {
  const response = await fetch(`${urls["the CDN"]}/images/a.png`, { headers: { [name]: value } });
  expect(response.status).toBe(status);
});

test.for([1_024, 1_025, 8_000])("the CDN has no object under a key of %i bytes", async (bytes) => {
  expect((await fetch(`${urls["the CDN"]}/${"a".repeat(bytes)}`)).status).toBe(404);
});

test.for([
  ...["null", "[]", "1", '"x"', "{"],
  // each of these ids is an object that cannot be converted to text
  '{"chat_id": {"toString": 1}, "file_id": {"toString": 1}, "callback_query_id": {"toString": 1}, "url": {"toString": 1}, "text": "x"}',
])("the Bot API answers 400 to the body %s", async (body, { task }) => {
  const methods = ["sendMessage", "getFile", "answerCallbackQuery", "setWebhook"];
  task.meta.cases = methods.length;
  for (const method of methods) {
    const url = `${urls["the Telegram stand-in"]}${bot}/${method}`;
    const headers = { "content-type": "application/json" };
    const response = await fetch(url, { method: "POST", headers, body });
    expect(response.status, method).toBe(400);
  }
});

test.for(["__proto__", "constructor", "toString", "hasOwnProperty"])(
  "the Bot API has no method %s",
  async (method) => {
    const response = await fetch(`${urls["the Telegram stand-in"]}${bot}/${method}`);
    expect(response.status).toBe(404);
  },
);

test("a page cannot set the bot's webhook, and a program only to this system's API", async ({
  task,
}) => {
  task.meta.cases = 3;
  const target = `GET ${bot}/setWebhook?url=http://127.0.0.1:1/`;
  const url = urls["the Telegram stand-in"]!;
  const { host } = new URL(url);
  expect(await statusOf(url, target, { host, "sec-fetch-site": "cross-site" })).toBe(403);
  expect(await statusOf(url, target, { host })).toBe(400);
  expect(await statusOf(url, `GET ${bot}/setWebhook?url=[`, { host })).toBe(400);
});

/** The status that a request is answered with, sent as it is written here. */
async function statusOf(url: string, line: string, headers: Record<string, string>) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.write(`${line} HTTP/1.1\r\n${lines.join("\r\n")}\r\n`);
  socket.write("connection: close\r\ncontent-length: 2\r\n\r\n{}");
  const answer = await text(socket);
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
}
