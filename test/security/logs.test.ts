import { logger, serializeError } from "@keepsake/functions/runtime/log";
import { serverSentEvents } from "@keepsake/functions/runtime/serverSentEvents";
import { afterEach, describe, expect, vi } from "vitest";
import { faction } from "../support/pieceDrafts.ts";
import { request, testWithoutConsumers as test } from "../support/stack.ts";

/** What the functions write, a JSON object a line. */
function record(level: string) {
  vi.stubEnv("LOG_LEVEL", level);
  const lines: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    lines.push(String(text));
    return true;
  });
  return lines;
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

test("a stream that fails shows its caller nothing of the reason", async () => {
  const lines = record("ERROR");
  async function* source(): AsyncGenerator<{ type: string }, void> {
    yield { type: "character" };
    throw Object.assign(new Error("the password is x"), { code: "SECRET" });
  }
  const events = source();
  const sent: string[] = [];
  for await (const event of serverSentEvents(await events.next(), events, "the id"))
    sent.push(event);

  expect(sent).toHaveLength(2);
  expect(sent[1]).toContain('"code":"server.failed"');
  expect(sent[1]).not.toMatch(/password|SECRET/);
  expect(lines.filter((line) => line.includes("the id"))).toHaveLength(1);
});

test("what a stream logs has the id of its request", async () => {
  const lines = record("INFO");
  async function* source(): AsyncGenerator<{ type: string }, void> {
    yield { type: "character" };
    logger.info("between two events");
    yield { type: "character" };
  }
  const events = source();
  for await (const _ of serverSentEvents(await events.next(), events, "the id"));
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { message: "between two events", request_id: "the id" },
  ]);
});

describe("the log", () => {
  test("has an error that the caller does not see, with the request's id and without its content", async ({
    stack,
    owner: { sub },
  }) => {
    const lines = record("ERROR");
    await stack.sql`alter table lore_pieces add constraint broken check (name <> 'The Lamplighters')`;
    const body = { theme: "norse", title: "A secret title", pieces: [faction] };
    const response = await request(stack, "POST", "/worlds", { sub, body });
    await stack.sql`alter table lore_pieces drop constraint broken`;

    expect(response.status).toBe(500);
    expect(response.body.error).toMatchObject({
      code: "server.failed",
      message: "Something failed on our side: try again, then report the id",
    });
    const failures = lines.filter((line) => line.includes('"request failed"'));
    expect(failures).toHaveLength(1);
    const line = JSON.parse(failures[0]!);
    expect(line).toMatchObject({
      level: "ERROR",
      request_id: response.body.error.request_id,
      error: { message: expect.stringContaining('check constraint "broken"') },
    });
    expect(Object.keys(line.error).sort()).toEqual(["message", "name", "stack"]);
    expect(failures[0]).not.toContain("They keep the coast lit");
    expect(failures[0]).not.toContain("A secret title");
  });

  test("has no line below its level", () => {
    const lines = record("WARN");
    logger.info("less");
    logger.warn("as much");
    logger.error("more");
    expect(lines.map((line) => JSON.parse(line).message)).toEqual(["as much", "more"]);
  });

  test("has at most 1,000 characters of a message, and nothing of what is no error", () => {
    const cause = { secret: "x" };
    expect(serializeError(new Error("x".repeat(5_000), { cause }))).toMatchObject({
      name: "Error",
      message: "x".repeat(1_000),
      cause: { name: "object" },
    });
    expect(serializeError(cause)).toEqual({ name: "object" });
  });
});
