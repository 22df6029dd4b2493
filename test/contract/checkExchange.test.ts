import { openapi } from "@keepsake/contract/openapi/document";
import { describe, expect, test } from "vitest";
import { type Document, exchangeChecker } from "../support/openapi/checkExchange.ts";

const document = openapi();

describe("the check of all requests and responses of the tests reports", () => {
  const check = exchangeChecker(document as unknown as Document);
  const json = { "content-type": "application/json" };
  const health = { method: "GET", target: "/health", sentHeaders: {}, sentBody: "", headers: json };
  const error = (code: string) =>
    JSON.stringify({ error: { code, message: "x", request_id: "1" } });
  const images = { ...health, target: "/images" };
  const image = { ...health, target: "/images/019a8b2f-0c5e-7d94-a1b7-0e2f84c6d913" };
  const world = { ...health, method: "POST", target: "/worlds" };

  test.for<[string, Parameters<typeof check>[0], RegExp | undefined]>([
    [
      "nothing for what is declared",
      { ...health, status: 200, body: '{"status":"ok","migrations":"applied"}' },
      undefined,
    ],
    [
      "nothing for a new field",
      { ...health, status: 200, body: '{"status":"ok","migrations":"applied","new":1}' },
      undefined,
    ],
    ["a missing field", { ...health, status: 200, body: "{}" }, /status/],
    [
      "a status that is not declared",
      { ...health, status: 404, body: error("world.not_found") },
      /not declared/,
    ],
    [
      "a code that is not declared",
      { ...image, status: 404, body: error("world.not_found") },
      /code/,
    ],
    [
      "another form of an error",
      { ...image, status: 404, body: '{"message":"Not Found"}' },
      /error/,
    ],
    [
      "a 401 without its header",
      { ...images, status: 401, body: error("token.refused") },
      /www-authenticate/,
    ],
    [
      "another content type",
      { ...health, headers: { "content-type": "text/html" }, status: 200, body: "" },
      /text\/html/,
    ],
    [
      "an accepted query that is invalid",
      {
        ...images,
        target: "/images?limit=1e1",
        status: 200,
        body: '{"images":[],"next_cursor":null}',
      },
      /limit/,
    ],
    [
      "an accepted body that is invalid",
      { ...world, sentBody: "{}", status: 201, body: "{}" },
      /request: .*theme/,
    ],
    [
      "a response to HEAD with a body",
      { ...health, method: "HEAD", status: 200, body: "x" },
      /body/,
    ],
    [
      "an unknown path that is found",
      { ...health, target: "/castles", status: 404, body: "{}" },
      /404/,
    ],
  ])("%s", ([, exchange, problem]) => {
    const problems = check(exchange).join("\n");
    if (problem) expect(problems).toMatch(problem);
    else expect(problems).toBe("");
  });

  test("an event of a stream that is not declared", () => {
    const events = (body: string) =>
      check(
        {
          ...world,
          target: "/",
          sentBody: '{"theme":"norse","count":1}',
          headers: { "content-type": "text/event-stream" },
          status: 200,
          body,
        },
        "stream",
      ).join();
    const done = "event: done\ndata: {}\n\n";
    expect(events(done)).toBe("");
    expect(events(`: heartbeat\n\n${done}`)).toBe("");
    expect(events(`event: tick\ndata: {}\n\n${done}`)).toMatch(/must/);
    expect(events(`event: portrait\ndata: {"index":0}\n\n${done}`)).toMatch(/must/);
    expect(events('event: portrait_error\ndata: {"index":0,"portrait_error":"late"}\n\n')).toMatch(
      /the last event/,
    );
  });
});
