import type { PieceDraft } from "@keepsake/contract/schemas";
import { describe, expect } from "vitest";
import { bomb, noisePng, png } from "../support/images.ts";
import { character, faction } from "../support/pieceDrafts.ts";
import { request, type TestStack, testWithoutConsumers as test } from "../support/stack.ts";

describe("the API rejects", () => {
  test("an unknown route", async ({ stack }) => {
    const { status, body } = await request(stack, "GET", "/castles");

    expect(status).toBe(404);
    expect(body).toEqual({
      error: {
        code: "route.not_found",
        message: "There is no GET /castles: see GET /openapi.json",
        request_id: expect.any(String),
      },
    });
  });

  test("a request without a token, with a forged one, and with one that has expired", async ({
    stack,
    task,
  }) => {
    task.meta.cases = 5;
    const forged = `${(await stack.issuer.sign("alice")).slice(0, -8)}AAAAAAAA`;
    const expired = await stack.issuer.sign("alice", "-1m");
    for (const authorization of [undefined, "Bearer x", `Bearer ${forged}`, `Bearer ${expired}`]) {
      const headers = authorization === undefined ? {} : { authorization };
      const { status, body } = await request(stack, "GET", "/worlds", { headers });
      expect([status, body]).toMatchObject([401, { error: { code: "token.refused" } }]);
    }
    await expect(stack.client("x".repeat(256)).listWorlds()).rejects.toMatchObject({
      code: "token.refused",
    });
  });

  test("another owner's world, as if it did not exist", async ({ stack, owner: { client } }) => {
    const { world } = await client.createWorld({ theme: "norse", pieces: [faction] });
    const { world_id } = world;
    const otherOwner = stack.client("other owner");

    const notFound = { code: "world.not_found" };
    await expect(otherOwner.getWorld({ world_id })).rejects.toMatchObject(notFound);
    const pieces = [faction];
    await expect(otherOwner.addPieces({ world_id, pieces })).rejects.toMatchObject(notFound);
    expect((await otherOwner.listWorlds()).worlds).toEqual([]);
  });

  test("a body that is not JSON, is labelled as something else, or is missing", async ({
    stack,
    task,
  }) => {
    task.meta.cases = 5;
    const send = (body: unknown, headers = {}) =>
      request(stack, "POST", "/worlds", { sub: "alice", body, headers });

    expect(await outcome(send("{"))).toEqual([400, "body.malformed"]);
    expect(await outcome(send(""))).toEqual([400, "body.malformed"]);
    expect(await outcome(send("{}", { "content-type": "text/plain" }))).toEqual([
      415,
      "body.not_json",
    ]);
    expect(await outcome(send("[".repeat(100_000)))).toEqual([400, "body.malformed"]);
    expect(await outcome(send('"a string"'))).toEqual([422, "input.invalid"]);
  });

  test("more bytes than a world may have, and more than Lambda accepts", async ({
    stack,
    task,
  }) => {
    task.meta.cases = 3;
    const padded = (bytes: number) => JSON.stringify({ theme: "x".repeat(bytes) });
    const send = (bytes: number) =>
      request(stack, "POST", "/worlds", { sub: "alice", body: padded(bytes) });

    expect(await outcome(send(5_500_001))).toEqual([413, "world.too_large"]);
    expect((await send(6_300_000)).body).toEqual({ message: "Request Entity Too Large" });
    expect((await send(20_000_000)).status).toBe(413);
  });

  test("an incorrectly encoded path, and an id that is not a UUID", async ({ stack, task }) => {
    const ids = ["%E0%A4%A", "%zz", "%", "1"];
    task.meta.cases = ids.length;
    for (const id of ids) {
      const notAnId = request(stack, "GET", `/worlds/${id}`, { sub: "alice" });
      expect(await outcome(notAnId)).toEqual([422, "input.invalid"]);
    }
    expect(await outcome(request(stack, "GET", "/%zz"))).toEqual([404, "route.not_found"]);
  });

  test.for([
    ["no characters", { theme: "norse", count: 0 }],
    ["seven characters", { theme: "norse", count: 7 }],
    ["half a character", { theme: "norse", count: 1.5 }],
    ["no theme", { count: 1 }],
    ["an empty theme", { theme: "", count: 1 }],
    ["a theme of 101 characters", { theme: "x".repeat(101), count: 1 }],
    ["a prompt of 1,001 characters", { theme: "norse", count: 1, prompt: "x".repeat(1_001) }],
    ["an unknown field", { theme: "norse", count: 1, colour: "red" }],
  ])("%s to generate", async ([, body], { stack }) => {
    const response = request(stack, "POST", "/characters", { sub: "alice", body });
    expect(await outcome(response)).toEqual([422, "input.invalid"]);
  });

  const deep = (levels: number): object => (levels === 1 ? {} : { in: deep(levels - 1) });
  const heavy = { text: "x".repeat(65_536) };
  test.for<[string, unknown]>([
    ["no pieces", []],
    ["21 pieces", Array(21).fill(faction)],
    ["a piece of an unknown type", [{ ...faction, type: "castle" }]],
    ["a piece without a name", [{ ...faction, name: "" }]],
    ["a name with a NUL", [{ ...faction, name: "a\0b" }]],
    ["a name with half a surrogate pair", [{ ...faction, name: "a\ud800b" }]],
    ["details that are not an object", [{ ...faction, details: ["gold"] }]],
    ["details with a NUL", [{ ...faction, details: { banner: "a\0b" } }]],
    ["details with a NUL in a key", [{ ...faction, details: { "a\0b": 1 } }]],
    ["details with half a surrogate pair", [{ ...faction, details: { deep: [{ x: "\udc00" }] } }]],
    ["details nine levels deep", [{ ...faction, details: deep(9) }]],
    ["details of more than 64 KiB", [{ ...faction, details: heavy }]],
    ["details with the URL of a portrait", [{ ...faction, details: { image_portrait: "x" } }]],
    ["a portrait of a faction", [{ ...faction, details: { image_portrait_base64: "AAAA" } }]],
    [
      "a portrait that is not a string",
      [{ ...faction, type: "character", details: { image_portrait_base64: 7 } }],
    ],
    ["an unknown field", [{ ...faction, colour: "red" }]],
  ])("%s in a world", async ([, pieces], { stack }) => {
    const body = { theme: "norse", pieces };
    const response = request(stack, "POST", "/worlds", { sub: "alice", body });
    expect(await outcome(response)).toEqual([422, "input.invalid"]);
  });

  test("a key named __proto__, anywhere", async ({ stack }) => {
    const piece = JSON.stringify(faction).replace('"banner"', '"__proto__"');
    const body = `{"theme":"norse","pieces":[${piece}]}`;
    const response = request(stack, "POST", "/worlds", { sub: "alice", body });
    expect(await outcome(response)).toEqual([422, "input.invalid"]);
  });

  test("a number that is too large for a double", async ({ stack }) => {
    const body =
      '{"theme":"norse","pieces":[{"type":"relic","name":"x","description":"","details":{"n":1e999}}]}';
    const response = request(stack, "POST", "/worlds", { sub: "alice", body });
    expect(await outcome(response)).toEqual([422, "input.invalid"]);
  });

  test("a page of 0, 101 or 'some' worlds, and an invalid cursor", async ({ stack, task }) => {
    const queries = [
      ...["limit=0", "limit=101", "limit=some", "limit=1&limit=2", "cursor=x"],
      ...["limit=0x10", "limit=1e1", "limit=5.0", "limit=-1", "limit=%2B1", "limit=%205", "limit="],
    ];
    task.meta.cases = queries.length;
    for (const query of queries) {
      const response = request(stack, "GET", `/worlds?${query}`, { sub: "alice" });
      expect(await outcome(response)).toEqual([422, "input.invalid"]);
    }
  });

  test("a cursor of another list, of another owner or filter, or with one character changed", async ({
    stack,
    owner: { client, sub },
    task,
  }) => {
    const pieces = [faction];
    for (let count = 0; count < 2; count += 1) await client.createWorld({ theme: "norse", pieces });
    const { next_cursor, worlds } = await client.listWorlds({ limit: 1 });
    const cursor = next_cursor!;
    const send = (path: string, as = sub) => request(stack, "GET", path, { sub: as });
    const others = [
      send(`/images?cursor=${cursor}`),
      send(`/images?tag=norse&cursor=${cursor}`),
      send(`/worlds?cursor=${cursor}`, "another owner"),
      send(`/datasets?cursor=${cursor}`),
      send(`/worlds?cursor=${worlds[0]!.world_id}`),
      ...[0, 10, 21, 30].map((index) => send(`/worlds?cursor=${withOther(cursor, index)}`)),
    ];
    task.meta.cases = others.length;
    for (const response of others) expect(await outcome(response)).toEqual([422, "input.invalid"]);
    expect((await send(`/worlds?cursor=${cursor}`)).body.worlds).toHaveLength(1);
  });

  test("an Idempotency-Key with spaces, or of 256 characters", async ({ stack, task }) => {
    task.meta.cases = 2;
    for (const key of ["a b", "x".repeat(256)]) {
      const body = { theme: "norse", pieces: [faction] };
      const options = { sub: "alice", body, headers: { "idempotency-key": key } };
      expect(await outcome(request(stack, "POST", "/worlds", options))).toEqual([
        422,
        "input.invalid",
      ]);
    }
  });
});

describe("the API rejects a portrait, and names its piece, when it is", () => {
  const portrait = async () => (await png()).toString("base64");

  test.for<[string, string, () => Promise<string> | string]>([
    [
      "interrupted by a space",
      "image.not_base64",
      async () => (await portrait()).replace(/^..../, "$& "),
    ],
    [
      "broken into lines",
      "image.not_base64",
      async () => (await portrait()).replace(/(.{76})/g, "$1\n"),
    ],
    [
      "written in the URL-safe alphabet",
      "image.not_base64",
      async () => (await portrait()).replace(/[A-Z]/, "_"),
    ],
    [
      "without its padding",
      "image.not_base64",
      async () =>
        Buffer.concat([await png(), Buffer.alloc(1)])
          .toString("base64")
          .replace(/=+$/, "")
          .concat("A")
          .slice(0, -1),
    ],
    ["empty", "image.not_base64", () => ""],
    ["not base64 at all", "image.not_base64", () => "not an image!!"],
    [
      "labelled as another type",
      "image.mislabelled",
      async () => `data:image/jpeg;base64,${await portrait()}`,
    ],
    [
      "labelled as text",
      "image.not_base64",
      async () => `data:text/html;base64,${await portrait()}`,
    ],
    [
      "a text file",
      "image.unsupported",
      () => btoa("Once upon a time there was no image. ".repeat(4)),
    ],
    [
      "an SVG",
      "image.unsupported",
      () => btoa('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
    ],
    ["256 megapixels in 31 KB", "image.bad_dimensions", () => bomb().toString("base64")],
    ["smaller than 16 px", "image.bad_dimensions", async () => (await png(15)).toString("base64")],
    ["over 3 MB", "image.too_large", async () => (await noisePng(1_024)).toString("base64")],
  ])("%s", async ([, code, make], { stack }) => {
    const pieces = [faction, { ...(await character("Odd", await make())) }];

    const { status, body } = await request(stack, "POST", "/worlds", {
      sub: "alice",
      body: { theme: "norse", pieces },
    });

    expect(status).toBe(422);
    expect(body.error).toMatchObject({ code, details: { piece: 1, name: "Odd" } });
    expect(body.error.message).toMatch(/^pieces\[1\] \(Odd\): /);
  });
});

test("a rejected world leaves no rows", async ({ stack, owner: { client } }) => {
  const pieces: PieceDraft[] = [await character(), await character("Odd", "no base64!")];

  await expect(client.createWorld({ theme: "norse", pieces })).rejects.toMatchObject({
    code: "image.not_base64",
  });

  expect((await client.listWorlds()).worlds).toEqual([]);
  expect(await count(stack, "lore_pieces where name = 'Odd'")).toBe(0);
});

/** The text with another character at an index. */
const withOther = (text: string, index: number) =>
  text.slice(0, index) + (text[index] === "A" ? "B" : "A") + text.slice(index + 1);

/** The status and code of an error in the API's form. */
async function outcome(response: ReturnType<typeof request>) {
  const { status, body } = await response;
  expect(body).toEqual({
    error: expect.objectContaining({
      code: expect.any(String),
      message: expect.any(String),
      request_id: expect.any(String),
    }),
  });
  return [status, body.error.code];
}

async function count({ sql }: TestStack, what: string) {
  const [row] = await sql.unsafe(`select count(*)::integer as count from ${what}`);
  return row?.count;
}
