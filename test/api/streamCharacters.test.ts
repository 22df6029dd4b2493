import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Client, createClient } from "@keepsake/client";
import type { CharacterEvent } from "@keepsake/contract/api";
import { describe, expect } from "vitest";
import { readCharacterStream, type StreamRequest } from "../support/readCharacterStream.ts";
import { test } from "../support/stackWithAiProvider.ts";

describe("a stream of characters", () => {
  test("sends each text before its portrait, while other portraits are still being generated", async ({
    provider,
    owner: { client },
  }) => {
    provider.plan({ images: { slowMs: [50, 600, 300] } });
    const events = await readCharacterStream(client, { theme: "norse", count: 3 });

    const order = events.map((event) =>
      "index" in event ? `${event.type} ${event.index}` : event.type,
    );
    expect(order.slice(0, 3)).toEqual(["character 0", "character 1", "character 2"]);
    expect(order.slice(3)).toEqual(["portrait 0", "portrait 2", "portrait 1", "done"]);
  });

  test("produces what createWorld accepts", async ({ owner: { client } }) => {
    const pieces = await draftsOf(client, { theme: "norse", count: 2 });
    const { world } = await client.createWorld({ theme: "norse", pieces });
    expect((await client.waitForPortraits(world.world_id)).pieces).toMatchObject([
      { portrait_status: "published" },
      { portrait_status: "published" },
    ]);
  });

  test("continues without a portrait that fails or is refused", async ({
    provider,
    owner: { client },
  }) => {
    provider.plan({ images: { modes: ["ok", "refuse", "fail"] } });
    const events = await readCharacterStream(client, { theme: "norse", count: 3 });
    const outcomes = events.flatMap((event) =>
      event.type === "portrait_error" ? [event.portrait_error] : [],
    );
    expect(outcomes.sort()).toEqual(["failed", "refused"]);
    expect(events.filter(({ type }) => type === "portrait")).toHaveLength(1);
    expect(events.at(-1)?.type).toBe("done");
  });

  test("can be stopped at any time", async ({ stack, provider }) => {
    provider.plan({ images: { slowMs: [2_000, 2_000] } });
    const seen: string[] = [];
    for await (const event of stack
      .client(randomUUID())
      .streamCharacters({ theme: "x", count: 2 })) {
      seen.push(event.type);
      if (event.type === "character") break;
    }
    expect(seen).toEqual(["character"]);
    const abort = new AbortController();
    const events = stack
      .client(randomUUID())
      .streamCharacters({ theme: "x", count: 2 }, { signal: abort.signal });
    await events.next();
    abort.abort();
    await expect(events.next()).rejects.toMatchObject({ name: "AbortError" });
    provider.plan({});
  });

  test("keeps the connection open while there is no event to send", {
    timeout: 30_000,
  }, async ({ stack, provider }) => {
    provider.plan({ images: { slowMs: [11_000] } });
    const response = await fetch(stack.stream, {
      method: "POST",
      headers: {
        authorization: `Bearer ${await stack.issuer.sign(randomUUID())}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ theme: "x", count: 1 }),
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const names = (await response.text()).match(/^(: heartbeat|event: \w+)$/gm);
    expect(names).toEqual(["event: character", ": heartbeat", "event: portrait", "event: done"]);
    provider.plan({});
  });

  test("can generate one portrait again", async ({ owner: { client } }) => {
    const [draft] = await draftsOf(client, { theme: "norse", count: 1 });
    const { image_portrait_base64: _, ...details } = draft!.details;
    const { name, description } = draft!;
    const events: CharacterEvent[] = [];
    const request = { theme: "norse", repaint: { name, description, details } };
    for await (const event of client.streamCharacters(request)) events.push(event);
    expect(events.map(({ type }) => type)).toEqual(["portrait", "done"]);
  });

  test("is rejected without a valid token, for invalid input, and when the character generator refuses", async ({
    stack,
    provider,
    owner: { client },
  }) => {
    const unauthorized = createClient({ baseUrl: stack.api, streamUrl: stack.stream, token: "x" });
    await expect(readCharacterStream(unauthorized, { theme: "x", count: 1 })).rejects.toMatchObject(
      {
        code: "token.refused",
      },
    );
    const expired = createClient({
      baseUrl: stack.api,
      streamUrl: stack.stream,
      token: await stack.issuer.sign("late", "-1m"),
    });
    await expect(readCharacterStream(expired, { theme: "x", count: 1 })).rejects.toMatchObject({
      code: "token.refused",
    });
    await expect(readCharacterStream(client, { theme: "x", count: 7 })).rejects.toMatchObject({
      code: "input.invalid",
    });
    provider.plan({ text: { mode: "refuse" } });
    await expect(readCharacterStream(client, { theme: "x", count: 1 })).rejects.toMatchObject({
      code: "generation.refused",
    });
    provider.plan({});
  });
});

test("a connection that breaks or is refused is an error that says to try again", async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("event: ", () => response.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const streamUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const events = () =>
    readCharacterStream(createClient({ baseUrl: streamUrl, streamUrl }), {
      theme: "norse",
      count: 1,
    });

  const tryAgain = { code: "service.unavailable", message: expect.stringContaining("try again") };
  await expect(events()).rejects.toMatchObject(tryAgain);
  server.close();
  server.closeAllConnections();
  await expect(events()).rejects.toMatchObject(tryAgain);
});

test("a hundred streams leak no memory", { timeout: 120_000 }, async ({ stack, provider }) => {
  provider.plan({ images: { format: "png", size: [256, 256] } });
  const run = async (streams: number) => {
    for (let at = 0; at < streams; at += 5)
      await Promise.all(
        Array.from({ length: 5 }, () =>
          readCharacterStream(stack.client(randomUUID()), { theme: "x", count: 1 }),
        ),
      );
  };
  await run(40);
  const before = await memoryInUse();
  await run(100);

  // buffers are freed some time after they become unreachable; leaked ones never are
  const tenStreams = 10_000_000;
  for (let tries = 0; tries < 100 && (await memoryInUse()) - before > tenStreams; tries += 1)
    await sleep(100);
  expect((await memoryInUse()) - before).toBeLessThanOrEqual(tenStreams);
  provider.plan({});
});

async function memoryInUse() {
  await sleep(50);
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Frees what is unreachable, so that only what is in use is counted. */
setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

async function draftsOf(client: Client, request: StreamRequest) {
  const drafts: Extract<CharacterEvent, { type: "character" }>["character"][] = [];
  for await (const event of client.streamCharacters(request)) {
    if (event.type === "character") drafts[event.index] = event.character;
    if (event.type === "portrait")
      drafts[event.index]!.details.image_portrait_base64 = event.image_portrait_base64;
  }
  return drafts;
}
