import { randomUUID } from "node:crypto";
import { RetryableError } from "@keepsake/core/outsideServiceErrors";
import { serverSentEvents } from "@keepsake/functions/runtime/serverSentEvents";
import { afterEach, describe, expect, vi } from "vitest";
import { png } from "../support/images.ts";
import { recordLog } from "../support/logLines.ts";
import { readCharacterStream } from "../support/readCharacterStream.ts";
import { request } from "../support/stack.ts";
import { test } from "../support/stackWithAiProvider.ts";
import { fileOf } from "../support/uploadRequests.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const theme = "a theme that is the caller's own";
const secrets = ["a-secret", "a provider's secret", theme, "127.0.0.1"];

const portraitFailed = (reason: string, cause: string) => ({
  level: "WARN",
  message: "a portrait was not generated",
  error: {
    name: "PortraitGenerationError",
    message: `The portrait could not be generated: ${reason}`,
    cause: { message: cause },
  },
});
const dead = portraitFailed("failed", "The URL of the image: HTTP 404");

describe("a portrait that is not generated", () => {
  test("is logged once with its cause and the request's id, and without secrets or the caller's text", async ({
    stack,
    provider,
  }) => {
    provider.plan({ images: { modes: ["dead_url", "ok", "ok"] } });
    const log = recordLog();
    const sub = randomUUID();
    const body = { theme, count: 3 };
    const answer = await request(stack, "POST", "/characters", { sub, body });
    const errors = answer.body.characters.map(
      ({ portrait_error }: { portrait_error?: string }) => portrait_error,
    );
    expect(errors.toSorted()).toEqual(["failed", undefined, undefined]);
    expect(log.lines()).toMatchObject([
      { ...dead, request_id: answer.headers.get("keepsake-request-id") },
    ]);
    for (const secret of [...secrets, provider.apiKey, sub])
      expect(log.text()).not.toContain(secret);
  });

  test("is logged of a stream too, whatever the cause, once for each portrait", async ({
    provider,
    owner: { client },
  }) => {
    provider.plan({
      images: { modes: ["dead_url", "refuse", "fail", "echo", "foreign_url", "not_an_image"] },
    });
    const log = recordLog();
    const events = await readCharacterStream(client, { theme, count: 6 });
    expect(events.filter(({ type }) => type === "portrait_error")).toHaveLength(6);
    const lines = log.lines();
    expect(lines).toHaveLength(6);
    expect(lines).toContainEqual(expect.objectContaining({ message: dead.message }));
    expect(new Set(lines.map(({ request_id }) => request_id)).size).toBe(1);
    expect(lines[0]!.request_id).toBeTruthy();
    expect(lines.every(({ error }) => (error as { cause?: object }).cause)).toBe(true);
    for (const secret of [...secrets, provider.apiKey, "169.254"])
      expect(log.text()).not.toContain(secret);
  });
});

test("a dead URL of a portrait with a reference is no sign that references are not supported", async ({
  provider,
  owner: { client },
}) => {
  provider.plan({ images: { mode: "dead_url" } });
  const { image_id } = await client.upload(fileOf(await png(64, "#5c2e94")));
  const generated = client.generateCharacters({ theme, count: 1, reference_image_id: image_id });
  expect((await generated).characters).toMatchObject([{ portrait_error: "failed" }]);
});

test("a stream that ends by an outage after its first event is logged with the cause", async () => {
  const log = recordLog();
  async function* source(): AsyncGenerator<{ type: string }, void> {
    yield { type: "character" };
    throw new RetryableError("The bucket did not answer", { cause: new Error("ECONNRESET") });
  }
  const events = source();
  const sent: string[] = [];
  for await (const event of serverSentEvents(await events.next(), events, "the id"))
    sent.push(event);
  expect(sent.at(-1)).toContain('"code":"service.unavailable"');
  expect(log.lines()).toMatchObject([
    { message: "stream failed", request_id: "the id", error: { cause: { message: "ECONNRESET" } } },
  ]);
});

describe("a generator that fails", () => {
  test("is logged once with its cause when it ends after its first characters", async ({
    provider,
    owner: { client },
  }) => {
    provider.plan({ text: { mode: "disconnect" } });
    const log = recordLog();
    const { characters } = await client.generateCharacters({ theme, count: 3 });
    expect(characters.length).toBeLessThan(3);
    expect(log.lines()).toMatchObject([
      {
        message: "fewer characters were generated",
        error: { name: "CharacterGenerationError", cause: { name: "Error" } },
      },
    ]);
  });

  test("is logged with its cause when there are no characters", async ({
    provider,
    owner: { client },
  }) => {
    provider.plan({ text: { mode: "not_found" } });
    const log = recordLog();
    const attempt = client.generateCharacters({ theme, count: 1 });
    await expect(attempt).rejects.toMatchObject({ code: "generation.failed" });
    expect(log.lines()).toMatchObject([
      {
        level: "ERROR",
        message: "request failed",
        error: { cause: { cause: { message: "The AI provider: HTTP 404" } } },
      },
    ]);
    for (const secret of secrets) expect(log.text()).not.toContain(secret);
  });
});
