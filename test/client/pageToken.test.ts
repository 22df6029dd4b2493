import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient, pageToken } from "@keepsake/client";
import { describe, expect } from "vitest";
import { test as base } from "../support/stack.ts";

/** A product's backend, which turns its user into a page token that is valid for `seconds`. */
const test = base.extend("backend", async ({ stack, owner }, { onCleanup }) => {
  const keepsake = createClient({ baseUrl: stack.api, serviceKey: stack.serviceKey });
  const state = { seconds: 3_600, requests: 0, status: 200, body: "", hoursFast: 0, url: "" };
  const server = createServer(async ({ method }, response) => {
    if (method !== "POST") return response.writeHead(405).end();
    state.requests += 1;
    if (state.status !== 200 || state.body)
      return response.writeHead(state.status).end(state.body.trim());
    const token = await keepsake.createToken({ owner: owner.sub, expires_in: state.seconds });
    // the clocks of the backend and of Keepsake agree; the visitor's is the one that differs
    const expires_at = new Date(Date.parse(token.expires_at) + state.hoursFast * 3.6e6);
    response.setHeader("date", new Date(Date.now() + state.hoursFast * 3.6e6).toUTCString());
    response.end(JSON.stringify({ ...token, expires_at }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keepsake-token`;
  onCleanup(() => {
    server.close();
    server.closeAllConnections();
  });
  return state;
});

describe("pageToken", () => {
  test("asks the backend once, also for requests that are sent at the same time", async ({
    stack,
    owner,
    backend,
  }) => {
    const client = createClient({ baseUrl: stack.api, token: pageToken(backend.url) });
    const answers = await Promise.all([client.getOwner(), client.getOwner(), client.getOwner()]);
    expect(answers.map((answer) => answer.owner)).toEqual([owner.sub, owner.sub, owner.sub]);
    await client.getOwner();
    expect(backend.requests).toBe(1);
  });

  test("asks again before the token expires, so that no request is refused", async ({
    stack,
    backend,
  }) => {
    backend.seconds = 3;
    const statuses = new Set<number>();
    const recorded: typeof fetch = async (...request) => {
      const response = await fetch(...request);
      statuses.add(response.status);
      return response;
    };
    const token = pageToken(backend.url);
    const client = createClient({ baseUrl: stack.api, token, fetch: recorded });
    for (const deadline = Date.now() + 4_500; Date.now() < deadline; await sleep(50))
      await client.getOwner();
    expect([...statuses]).toEqual([200]);
    expect(backend.requests).toBeGreaterThan(1);
    expect(backend.requests).toBeLessThan(8);
  });

  test("asks once for each request when tokens expire at once", async ({ backend }) => {
    backend.seconds = 1;
    const token = pageToken(backend.url);
    await Promise.all([token(), token()]);
    await token();
    expect(backend.requests).toBe(2);
  });

  test.for([-3, 3])(
    "keeps a token on a device whose clock is %i hours off",
    async (hours, { backend }) => {
      backend.hoursFast = hours;
      const token = pageToken(backend.url);
      const first = await token();
      expect(await token()).toBe(first);
      expect(backend.requests).toBe(1);
    },
  );

  test("asks again after the device has slept, while performance.now() stood still", async ({
    backend,
    onTestFinished,
  }) => {
    const token = pageToken(backend.url);
    await token();
    const { now } = Date;
    onTestFinished(() => void Object.assign(Date, { now }));
    Object.assign(Date, { now: () => now() + 3.6e6 });
    await token();
    expect(backend.requests).toBe(2);
  });

  test("replaces a token that the API refuses once, for all requests that it failed", async ({
    stack,
    owner,
    backend,
  }) => {
    const { token, refuse } = refusable(pageToken(backend.url));
    const client = createClient({ baseUrl: stack.api, token });
    await client.getOwner();
    refuse();
    const piece = { type: "relic" as const, name: "A bell", description: "It hums.", details: {} };
    const answers = await Promise.all([
      client.getOwner(),
      client.getOwner(),
      client.createWorld({ theme: "norse", pieces: [piece] }),
    ]);
    expect(answers[0]!.owner).toBe(owner.sub);
    expect(backend.requests).toBe(2);
  });

  test("replaces a token that is refused when a stream begins", async ({ stack, backend }) => {
    const { token, refuse } = refusable(pageToken(backend.url));
    const client = createClient({ baseUrl: stack.api, streamUrl: stack.stream, token });
    await token();
    refuse();
    const types: string[] = [];
    for await (const { type } of client.streamCharacters({ theme: "norse", count: 1 }))
      types.push(type);
    expect(types.at(-1)).toBe("done");
    expect(backend.requests).toBe(2);
  });

  test("throws token.refused when the next token is refused as well", async ({
    stack,
    backend,
  }) => {
    backend.body = JSON.stringify({ token: "not.a.token", expires_at: "2999-01-01T00:00:00Z" });
    const client = createClient({ baseUrl: stack.api, token: pageToken(backend.url) });
    await expect(client.getOwner()).rejects.toMatchObject({ code: "token.refused" });
    expect(backend.requests).toBe(2);
  });

  test.for([
    ["nothing", " "],
    ["an empty object", "{}"],
    ["null", "null"],
    ["no expires_at", '{"token":"a.b.c"}'],
    ["an expires_at that is no date", '{"token":"a.b.c","expires_at":"soon"}'],
    ["no token", '{"expires_at":"2999-01-01T00:00:00Z"}'],
  ] as const)("names the token route when it answers %s", async ([, body], { backend }) => {
    backend.body = body;
    await expect(pageToken(backend.url)()).rejects.toMatchObject({
      name: "KeepsakeError",
      code: "server.failed",
      message: `The token route ${backend.url} must answer what createToken resolved to, with token and expires_at`,
    });
  });

  test("names the token route when it fails or cannot be reached", async ({ backend }) => {
    backend.status = 500;
    await expect(pageToken(backend.url)()).rejects.toMatchObject({
      code: "server.failed",
      message: `The token route ${backend.url} answered with status 500 and no error code: try again`,
    });
    const url = "http://127.0.0.1:1/keepsake-token";
    await expect(pageToken(url)()).rejects.toMatchObject({
      code: "service.unavailable",
      message: `The token route ${url} cannot be reached: try again`,
    });
  });

  test("throws token.refused when the backend says that no user is signed in, and asks again next time", async ({
    backend,
  }) => {
    const token = pageToken(backend.url);
    backend.status = 401;
    await expect(token()).rejects.toMatchObject({ code: "token.refused" });
    backend.status = 200;
    await expect(token()).resolves.toMatch(/./);
  });

  test("throws service.unavailable while the backend cannot be reached, and asks again next time", async ({
    backend,
  }) => {
    let isOffline = true;
    const token = pageToken(backend.url, {
      fetch: (...args) => (isOffline ? Promise.reject(new TypeError("offline")) : fetch(...args)),
    });
    await expect(token()).rejects.toMatchObject({ code: "service.unavailable" });
    isOffline = false;
    await expect(token()).resolves.toMatch(/./);
  });
});

/** The function of a page's token, with a token that the API no longer accepts once `refuse` was called. */
function refusable(pageToken: (() => Promise<string>) & { discard(refused: string): void }) {
  let suffix = "";
  const token = Object.assign(async () => (await pageToken()) + suffix, {
    discard(refused: string) {
      pageToken.discard(refused.replace(/x$/, ""));
      suffix = "";
    },
  });
  const refuse = () => {
    suffix = "x";
  };
  return { token, refuse };
}
