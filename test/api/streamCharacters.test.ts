import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  aiCharacterGenerator,
  aiPortraitGenerator,
} from "@keepsake/adapters/generators/ai/characterGenerator";
import { type Client, createClient } from "@keepsake/client/client";
import type { CharacterEvent } from "@keepsake/contract/api";
import { limits } from "@keepsake/contract/limits";
import { generate } from "@keepsake/core/characters/generateCharacters";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileOf } from "../support/files.ts";
import { png } from "../support/images.ts";
import { openAi } from "../support/openai.ts";
import { type TestStack, testStack } from "../support/stack.ts";

let provider: Awaited<ReturnType<typeof openAi>>;
let stack: TestStack;
let owners = 0;
function newOwner() {
  owners += 1;
  return `owner ${owners}`;
}

beforeAll(async () => {
  provider = await openAi();
  const { baseUrl, apiKey } = provider;
  const ai = { baseUrl, apiKey, textModel: "text-model", imageModel: "image-model" };
  stack = await testStack({ ai });
});
afterAll(async () => {
  await stack.stop();
  provider.stop();
});

describe("a stream of characters", () => {
  test("sends each text before its portrait, while other portraits are still being generated", async () => {
    provider.plan({ images: { slowMs: [50, 600, 300] } });
    const events = await eventsOf(stack.client(newOwner()), { theme: "norse", count: 3 });

    const order = events.map((event) =>
      "index" in event ? `${event.type} ${event.index}` : event.type,
    );
    expect(order.slice(0, 3)).toEqual(["character 0", "character 1", "character 2"]);
    expect(order.slice(3)).toEqual(["portrait 0", "portrait 2", "portrait 1", "done"]);
  });

  test("produces what createWorld accepts", async () => {
    const client = stack.client(newOwner());
    const pieces = await draftsOf(client, { theme: "norse", count: 2 });
    const { world } = await client.createWorld({ theme: "norse", pieces });
    expect((await client.waitForPortraits(world.world_id)).pieces).toMatchObject([
      { portrait_status: "published" },
      { portrait_status: "published" },
    ]);
  });

  test("continues without a portrait that fails or is refused", async () => {
    provider.plan({ images: { modes: ["ok", "refuse", "fail"] } });
    const events = await eventsOf(stack.client(newOwner()), { theme: "norse", count: 3 });
    const outcomes = events.flatMap((event) =>
      event.type === "portrait_error" ? [event.portrait_error] : [],
    );
    expect(outcomes.sort()).toEqual(["failed", "refused"]);
    expect(events.filter(({ type }) => type === "portrait")).toHaveLength(1);
    expect(events.at(-1)?.type).toBe("done");
  });

  test("can be stopped at any time", async () => {
    provider.plan({ images: { slowMs: [2_000, 2_000] } });
    const seen: string[] = [];
    for await (const event of stack.client(newOwner()).streamCharacters({ theme: "x", count: 2 })) {
      seen.push(event.type);
      if (event.type === "character") break;
    }
    expect(seen).toEqual(["character"]);
    const abort = new AbortController();
    const events = stack
      .client(newOwner())
      .streamCharacters({ theme: "x", count: 2 }, { signal: abort.signal });
    await events.next();
    abort.abort();
    await expect(events.next()).rejects.toMatchObject({ name: "AbortError" });
    provider.plan({});
  });

  test("keeps the connection open while there is no event to send", {
    timeout: 30_000,
  }, async () => {
    provider.plan({ images: { slowMs: [11_000] } });
    const response = await fetch(stack.stream, {
      method: "POST",
      headers: {
        authorization: `Bearer ${await stack.issuer.sign(newOwner())}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ theme: "x", count: 1 }),
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const names = (await response.text()).match(/^(: still here|event: \w+)$/gm);
    expect(names).toEqual(["event: character", ": still here", "event: portrait", "event: done"]);
    provider.plan({});
  });

  test("can generate one portrait again", async () => {
    const client = stack.client(newOwner());
    const [draft] = await draftsOf(client, { theme: "norse", count: 1 });
    const { image_portrait_base64: _, ...details } = draft!.details;
    const { name, description } = draft!;
    const events: CharacterEvent[] = [];
    const request = { theme: "norse", repaint: { name, description, details } };
    for await (const event of client.streamCharacters(request)) events.push(event);
    expect(events.map(({ type }) => type)).toEqual(["portrait", "done"]);
  });

  test("is rejected without a valid token, for invalid input, and when the character generator refuses", async () => {
    const unauthorized = createClient({ baseUrl: stack.api, streamUrl: stack.stream, token: "x" });
    await expect(eventsOf(unauthorized, { theme: "x", count: 1 })).rejects.toMatchObject({
      code: "token.refused",
    });
    const expired = createClient({
      baseUrl: stack.api,
      streamUrl: stack.stream,
      token: await stack.issuer.sign("late", "-1m"),
    });
    await expect(eventsOf(expired, { theme: "x", count: 1 })).rejects.toMatchObject({
      code: "token.refused",
    });
    const client = stack.client(newOwner());
    await expect(eventsOf(client, { theme: "x", count: 7 })).rejects.toMatchObject({
      code: "input.invalid",
    });
    provider.plan({ text: { mode: "refuse" } });
    await expect(eventsOf(client, { theme: "x", count: 1 })).rejects.toMatchObject({
      code: "generation.refused",
    });
    provider.plan({});
  });
});

describe("characters in one response", () => {
  test("include six portraits of noise, each small enough for all six to fit", async () => {
    provider.plan({ images: { format: "jpeg", size: [1_536, 1_024] } });
    const { characters } = await stack
      .client(newOwner())
      .generateCharacters({ theme: "noise", count: 6 });
    expect(characters).toHaveLength(6);
    for (const { details } of characters) {
      const portrait = Buffer.from(String(details.image_portrait_base64), "base64");
      expect(portrait.length).toBeLessThanOrEqual(limits.generated_portrait_bytes);
      const { format, width, height } = await sharp(portrait).metadata();
      expect(format).toBe("png");
      expect(width! / height!).toBeCloseTo(1.5, 1);
    }
    provider.plan({});
  });

  test.for(["png", "jpeg", "webp"] as const)(
    "include a PNG portrait when the portrait generator returns a %s",
    async (format) => {
      provider.plan({ images: { format } });
      const { characters } = await stack
        .client(newOwner())
        .generateCharacters({ theme: "x", count: 1 });
      const portrait = Buffer.from(String(characters[0]!.details.image_portrait_base64), "base64");
      expect((await sharp(portrait).metadata()).format).toBe("png");
      provider.plan({});
    },
  );

  test("include the reason for a missing portrait, and are accepted by createWorld", async () => {
    provider.plan({ images: { modes: ["garbage", "ok"] } });
    const client = stack.client(newOwner());
    const { characters } = await client.generateCharacters({ theme: "x", count: 2 });
    expect(characters.map(({ portrait_error }) => portrait_error).sort()).toEqual([
      "failed",
      undefined,
    ]);
    await client.createWorld({ theme: "x", pieces: characters });
    provider.plan({});
  });

  test("are returned at the deadline, without portraits that are late", async () => {
    provider.plan({ images: { modes: ["silent", "ok"] } });
    const { baseUrl, apiKey } = provider;
    const ai = { baseUrl, apiKey, textModel: "text-model", imageModel: "image-model" };
    const { images, sql } = await import("@keepsake/functions/services/services");
    const services = {
      sql: sql(),
      images: images(),
      characterGenerator: aiCharacterGenerator(ai),
      portraitGenerator: aiPortraitGenerator(ai),
    };
    const request = { owner_id: "user:impatient", theme: "x", count: 2 };

    const { characters } = await generate(services, request, { deadlineMs: 1_000 });

    expect(characters.map(({ portrait_error }) => portrait_error)).toEqual(["timeout", undefined]);
    provider.plan({ text: { mode: "silent" } });
    await expect(generate(services, request, { deadlineMs: 300 })).rejects.toMatchObject({
      code: "generation.late",
    });
    provider.plan({});
  });

  test.for([
    ["refuse", "generation.refused"],
    ["busy", "generation.busy"],
    ["fail", "generation.failed"],
    ["garbage", "generation.failed"],
  ] as const)(
    "of a character generator that answers with %s are an error with a reason",
    async ([mode, code]) => {
      provider.plan({ text: { mode } });
      const attempt = stack.client(newOwner()).generateCharacters({ theme: "x", count: 1 });
      await expect(attempt).rejects.toMatchObject({ code });
      await attempt.catch((error) => expect(JSON.stringify(error)).not.toContain(provider.apiKey));
      provider.plan({});
    },
  );
});

describe("a reference image", () => {
  test("is sent to the portrait generator", async () => {
    const client = stack.client(newOwner());
    const image = await client.upload(fileOf(await png(64, "#5c2d91")));
    const before = provider.calls.length;
    const { image_id: reference_image_id } = image;
    await client.generateCharacters({ theme: "x", count: 1, reference_image_id });
    const edits = provider.calls.slice(before).filter(({ path }) => path === "/v1/images/edits");
    expect(edits).toHaveLength(1);
  });

  test("must belong to the caller, and the portrait generator must support it", async () => {
    const client = stack.client(newOwner());
    const theirs = await stack.client(newOwner()).upload(fileOf(await png(64, "#5c2d92")));
    const generate = (reference_image_id: string) =>
      client.generateCharacters({ theme: "x", count: 1, reference_image_id });
    await expect(generate(theirs.image_id)).rejects.toMatchObject({ code: "image.not_published" });

    provider.plan({ images: { modes: ["no_edits"] } });
    const mine = await client.upload(fileOf(await png(64, "#5c2d93")));
    await expect(generate(mine.image_id)).rejects.toMatchObject({ code: "reference.unsupported" });
    provider.plan({});
  });
});

test("an owner may have 120 characters an hour, and learns when to retry", async () => {
  const sub = newOwner();
  const client = stack.client(sub);
  await stack.sql`
    insert into generations (generation_id, owner_id, characters)
    values (gen_random_uuid(), ${`user:${sub}`}, ${limits.generated_characters_per_hour - 1})
  `;
  await client.generateCharacters({ theme: "x", count: 1 });
  const tooMany = { code: "generation.too_many", retryAfterSeconds: expect.any(Number) };
  await expect(client.generateCharacters({ theme: "x", count: 1 })).rejects.toMatchObject(tooMany);
  await expect(eventsOf(client, { theme: "x", count: 1 })).rejects.toMatchObject(tooMany);
});

test("a connection that breaks or is refused is an error that says to try again", async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("event: ", () => response.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const streamUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const events = () =>
    eventsOf(createClient({ baseUrl: "", streamUrl }), { theme: "norse", count: 1 });

  const tryAgain = { code: "service.unavailable", message: expect.stringContaining("try again") };
  await expect(events()).rejects.toMatchObject(tryAgain);
  server.close();
  server.closeAllConnections();
  await expect(events()).rejects.toMatchObject(tryAgain);
});

test("a hundred streams leak no memory", { timeout: 120_000 }, async () => {
  provider.plan({ images: { format: "png", size: [256, 256] } });
  const run = async (streams: number) => {
    for (let at = 0; at < streams; at += 5)
      await Promise.all(
        Array.from({ length: 5 }, () =>
          eventsOf(stack.client(newOwner()), { theme: "x", count: 1 }),
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

type Request = Parameters<Client["streamCharacters"]>[0];

async function eventsOf(client: Client, request: Request) {
  const events: CharacterEvent[] = [];
  for await (const event of client.streamCharacters(request)) events.push(event);
  return events;
}

async function draftsOf(client: Client, request: Request) {
  const drafts: Extract<CharacterEvent, { type: "character" }>["character"][] = [];
  for await (const event of client.streamCharacters(request)) {
    if (event.type === "character") drafts[event.index] = event.character;
    if (event.type === "portrait")
      drafts[event.index]!.details.image_portrait_base64 = event.image_portrait_base64;
  }
  return drafts;
}
