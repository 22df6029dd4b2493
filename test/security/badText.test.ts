import { api, CharacterStreamRequest, type Endpoint } from "@keepsake/contract/api";
import { type ErrorCode, statuses } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import { type Route, type RouteName, routes } from "@keepsake/contract/routes";
import { Update } from "@keepsake/core/telegram/parseUpdate";
import { invoke, type LambdaFunction } from "@keepsake/local/aws/lambda";
import { describe, expect } from "vitest";
import type * as z from "zod/mini";
import { character, faction } from "../support/pieceDrafts.ts";
import { request, type TestStack, testWithoutConsumers as test } from "../support/stack.ts";
import { type TextField, textFields, validValue } from "./support/textFields.ts";

/** Text that Postgres stores neither as text nor in jsonb. */
const unstorable = { "a NUL": "a\0b", "half a pair": "a\ud83d", "its other half": "\ude00b" };

type BadText = { name: string; text: string };

const badTexts = ({ maxLength }: Pick<TextField, "maxLength">): BadText[] => [
  ...Object.entries(unstorable).map(([name, text]) => ({ name, text })),
  ...(maxLength ? [{ name: `${maxLength + 1} characters`, text: "x".repeat(maxLength + 1) }] : []),
];

/** The values of other fields with which alone a field is allowed. */
const otherFields: { [Name in RouteName]?: Record<string, object> } = {
  createExport: { class: { layout: "kohya" } },
};

const names = Object.keys(routes) as RouteName[];
const userRoutes = names.filter((name) => routes[name].access === "user");

describe("text that cannot be stored, or is one character over its limit, is a 4xx in", () => {
  const bodies = [...userRoutes, "createToken" as const].flatMap((name) => {
    const { body }: Endpoint = api[name];
    return body ? textFields(body()).map((field) => [name, field.name, field] as const) : [];
  });

  test.for(bodies)("%s, %s", async ([name, , field], { stack, owner: { sub }, task }) => {
    task.meta.cases = badTexts(field).length;
    const send = (text: string) => {
      const body = Object.assign(field.build(text) as object, otherFields[name]?.[field.name]);
      return call(stack, name, { sub, body });
    };

    for (const { name: what, text } of badTexts(field)) {
      // its limit is that of the body, which comes first
      const isBody = field.name === "image_base64" && text.length > limits.image_body_bytes;
      const code = isBody ? "image.too_large" : "input.invalid";
      expectRefused(await send(text), what, [code, 422]);
    }
    expectUnderstood(await send(field.valid));
  });

  const parameters = userRoutes.flatMap((name) => {
    const { path, query }: Endpoint = api[name];
    const keys = (schema?: z.ZodMiniObject) => Object.keys(schema?.shape ?? {});
    return [
      ...keys(path?.()).map((key) => [name, key, "path"] as const),
      ...keys(query?.()).map((key) => [name, key, "query"] as const),
    ];
  });

  test.for(parameters)(
    "%s, %s of its %s",
    async ([name, key, place], { stack, owner: { sub }, task }) => {
      task.meta.cases = Object.keys(unstorable).length;
      const { query }: Endpoint = api[name];
      const isText =
        place === "query" &&
        textFields(query!()).some((field) => field.name === key && field.maxLength);
      for (const text of Object.values(unstorable)) {
        const answer = await call(stack, name, { sub, [place]: { [key]: text } });
        // API Gateway decodes what is not UTF-8 as U+FFFD, which is ordinary text
        if (isText && !text.isWellFormed()) expectUnderstood(answer);
        else expectRefused(answer, text, ["input.invalid", 422]);
      }
    },
  );

  const streamFields = textFields(CharacterStreamRequest()).map(
    (field) => [field.name, field] as const,
  );

  test.for(streamFields)("the stream, %s", async ([, field], { stack, owner: { sub }, task }) => {
    task.meta.cases = badTexts(field).length;
    const send = (text: string) => stream(stack, sub, field.build(text));

    for (const { name, text } of badTexts(field))
      expectRefused(await send(text), name, ["input.invalid", 422]);
    expectUnderstood(await send(field.valid));
  });

  test("the sub of a token, for every route and the stream", async ({ stack, task }) => {
    const subs = badTexts({ maxLength: limits.subject_chars });
    task.meta.cases = subs.length * (userRoutes.length + 1);
    for (const { name, text: sub } of subs) {
      for (const route of userRoutes) {
        const { body }: Endpoint = api[route];
        const [field] = body ? textFields(body()) : [];
        const answer = await call(stack, route, { sub, body: field?.build(field.valid) });
        expectRefused(answer, `${route}, ${name}`, ["token.refused", 401]);
      }
      const answer = await stream(stack, sub, validValue(CharacterStreamRequest()));
      expectRefused(answer, name, ["token.refused", 401]);
    }
  });
});

test("two tokens whose subs differ in any way are two owners", async ({ stack, task }) => {
  const subs = [
    "é",
    "e\u0301",
    "É",
    "é ",
    " é",
    "é\u200b",
    "é\n",
    "user:é",
    "é\u0001",
    "%00",
    "\ufffd",
  ];
  task.meta.cases = subs.length;
  for (const sub of subs) await stack.client(sub).createWorld({ theme: "x", pieces: [faction] });
  for (const sub of subs) expect((await stack.client(sub).listWorlds()).worlds).toHaveLength(1);
});

test("a caller may have any name in the token: the bot shows it in one line", async ({
  stack,
  task,
}) => {
  const shown: [unknown, string][] = [
    ["Mira", "Mira"],
    ["Mira?\r\n\r\nPress Link to win", "Mira?Press Link to win"],
    ["\u202eariM\u2028\u2066", "ariM"],
    ["Mira\0\ud83d", "Mira\ufffd"],
    ["x".repeat(5_000), "x".repeat(64)],
    ["\u200b\n", "the sub"],
    [7, "the sub"],
  ];
  task.meta.cases = shown.length;
  for (const [name, expected] of shown) {
    const claims = { sub: "the sub", name };
    const answer = await call(stack, "linkTelegram", { claims });
    expect(answer.status).toBe(200);
    const [link] = await stack.sql`
      delete from telegram_links where owner_id = 'user:the sub' returning name
    `;
    expect(link?.name).toBe(expected);
  }
});

describe("an Update of Telegram with text that cannot be stored, or is too long, gets a 200 for", () => {
  const fields = textFields(Update).map((field) => [field.name, field] as const);
  let message_id = 0;

  test.for(fields)("%s", async ([, field], { stack, task }) => {
    task.meta.cases = badTexts(field).length;
    const send = (text: string) => update(stack, field.build(text) as Record<string, object>);
    for (const { name, text } of badTexts(field))
      expect(await send(text), name).toMatchObject({ status: 200, body: { ok: true } });
    expect(await send(field.valid)).toMatchObject({ status: 200, body: { ok: true } });
  });

  test("the fields of a picture, and one of valid text is stored", async ({ stack }) => {
    const picture = fields.find(([name]) => name === "message.photo[].file_unique_id")![1];
    const stored = async () => (await stack.sql`select platform_ref from images`).flat();
    const before = (await stored()).length;

    for (const { text } of badTexts(picture))
      await update(stack, picture.build(text) as Record<string, object>);
    expect(await stored()).toHaveLength(before);

    await update(stack, picture.build("its id") as Record<string, object>);
    expect(await stored()).toContainEqual({ platform_ref: "its id" });
  });

  /** Posts an Update whose messages come from a user, in a private chat. */
  function update(stack: TestStack, content: Record<string, object>) {
    message_id += 1;
    const sender = { message_id, from: { id: 5 }, chat: { id: 5, type: "private" } };
    const sent = Object.entries(content).map(([kind, { chat, ...message }]: [string, Message]) => [
      kind,
      kind === "callback_query"
        ? { ...message, from: { id: 5 } }
        : { ...message, ...sender, chat: { ...sender.chat, ...chat, id: 5 } },
    ]);
    return request(stack, "POST", "/telegram/webhook", {
      body: { update_id: message_id, ...Object.fromEntries(sent) },
      headers: { "x-telegram-bot-api-secret-token": stack.webhookSecret },
    });
  }

  type Message = { chat?: object };
});

describe("the details of a character whose portrait is generated again have the limits of a piece's:", () => {
  const deep = (levels: number): object => (levels === 1 ? {} : { in: deep(levels - 1) });

  test.for<[string, object]>([
    ["more than 64 KiB", { free: "x".repeat(65_536) }],
    ["5 MB", { free: "x".repeat(5_000_000) }],
    ["nine levels", deep(9)],
    ["two thousand levels", deep(2_000)],
    ["a list of two thousand lists", { free: JSON.parse("[".repeat(2_000) + "]".repeat(2_000)) }],
  ])("%s is rejected", async ([, details], { stack, owner: { sub } }) => {
    const repaint = { name: "Odd", description: "", details };
    const answer = await stream(stack, sub, { theme: "norse", repaint });
    expectRefused(answer, "details", ["input.invalid", 422]);
  });

  test("eight levels are accepted, and so is a portrait, which is not used", async ({
    stack,
    owner: { sub },
  }) => {
    const { image_portrait_base64 } = (await character()).details;
    for (const details of [deep(8), { image_portrait_base64 }, { image_portrait_base64: "\0" }]) {
      const repaint = { name: "Odd", description: "", details };
      expect((await stream(stack, sub, { theme: "norse", repaint })).status).toBe(200);
    }
  });
});

test("a path of slashes, dots or characters that cannot be stored is a 404", async ({
  stack,
  task,
}) => {
  const paths = ["//", "///x", "/.", "/a\0b", "/\ud83d", "/%", "/?"];
  task.meta.cases = paths.length;
  for (const path of paths) {
    const answer = await invokeRoute(stack.functions.notFound, { rawPath: path });
    expectRefused(answer, path, ["route.not_found", 404]);
  }
});

type Answer = { status: number; body: { error?: { code: ErrorCode }; message?: string } };

/** A 4xx in the API's form. */
function expectRefused(
  { status, body }: Answer,
  what: string,
  [code, expected]: [ErrorCode, number],
) {
  expect({ status, body }, what).toEqual({
    status: expected,
    body: {
      error: expect.objectContaining({
        code,
        message: expect.any(String),
        request_id: expect.any(String),
      }),
    },
  });
  expect(statuses[code]).toBe(expected);
}

/** An answer to text that has nothing wrong: what it names may still not exist. */
function expectUnderstood({ status, body }: Answer) {
  expect(status, JSON.stringify(body)).toBeLessThan(500);
  expect(body.error?.code).not.toBe("input.invalid");
}

type Call = {
  sub?: string;
  /** In place of those of a token for `sub`. */
  claims?: object;
  path?: Record<string, string>;
  query?: Record<string, string>;
  body?: unknown;
};

/**
 * Sends a request whose path, query and body are valid where they are not given. A half of a surrogate pair
 * travels in a path or query as the bytes that a careless encoder writes.
 */
async function call(stack: TestStack, name: RouteName, { sub = "x", claims, ...given }: Call) {
  const { path: schema, body: bodySchema }: Endpoint = api[name];
  const { method, path, access }: Route = routes[name];
  const valid = Object.entries(schema ? (validValue(schema()) as object) : {});
  const texts = Object.fromEntries(valid.map(([key, value]) => [key, String(value)]));
  const parameters: Record<string, string> = { ...texts, ...given.path };
  const filled = path.replace(/\{(\w+)\}/g, (_, key) => encode(parameters[key]!));
  const query = Object.entries(given.query ?? {}).map(([key, text]) => `${key}=${encode(text)}`);
  const body = given.body ?? (bodySchema && validValue(bodySchema()));
  const { issuer: iss, audience: aud, sign, signClaims } = stack.issuer;
  const exp = Date.now() / 1_000 + 60;
  const token = claims ? await signClaims({ iss, aud, exp, ...claims }) : await sign(sub);
  const credential = access === "service" ? stack.serviceKey : token;
  return request(stack, method, `${filled}?${query.join("&")}`, {
    headers: { authorization: `Bearer ${credential}` },
    ...(body !== undefined && { body }),
  });
}

const encode = (text: string) =>
  [...text].map((char) => (char.isWellFormed() ? encodeURIComponent(char) : "%ED%A0%80")).join("");

/** Invokes a route's function with an event of API Gateway that has no body. */
async function invokeRoute(
  lambda: LambdaFunction,
  { rawPath }: { rawPath: string },
): Promise<Answer> {
  const http = { method: "GET", path: rawPath };
  const event = { rawPath, headers: {}, requestContext: { requestId: "1", http } };
  const answer = (await invoke(lambda, event)) as { statusCode: number; body: string };
  return { status: answer.statusCode, body: JSON.parse(answer.body) };
}

/** The status of the stream's answer, and its body if that is an error. */
async function stream({ stream, issuer }: TestStack, sub: string, body: unknown): Promise<Answer> {
  const response = await fetch(stream, {
    method: "POST",
    headers: {
      authorization: `Bearer ${await issuer.sign(sub)}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: response.ok ? {} : JSON.parse(text) };
}
