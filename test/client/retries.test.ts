import { randomUUID } from "node:crypto";
import { createClient } from "@keepsake/client";
import { describe, expect } from "vitest";
import {
  connectionFails,
  type Fault,
  faultyFetchOf,
  respondsWith,
  responseCut,
  responseLost,
  responseShortened,
} from "../support/faultyFetch.ts";
import { png } from "../support/images.ts";
import { character } from "../support/pieceDrafts.ts";
import { type Owner, type TestStack, testWithoutConsumers as test } from "../support/stack.ts";
import { fileOf } from "../support/uploadRequests.ts";

/** A client whose requests of one path have these faults, and the number of these requests. */
function faultyClient(stack: TestStack, { sub }: Owner, path: RegExp, ...faults: Fault[]) {
  const { fetch, sent } = faultyFetchOf(path, ...faults);
  const client = createClient({ baseUrl: stack.api, token: () => stack.issuer.sign(sub), fetch });
  return { client, sent };
}

const failure = (code: string) => JSON.stringify({ error: { code, message: "try again" } });
const unavailable = respondsWith(503, failure("service.unavailable"), { "retry-after": "1" });

describe("client.upload", () => {
  const paths = { presignUpload: /uploads$/, completeUpload: /complete$/ };
  const faults = {
    "never sent": connectionFails,
    lost: responseLost,
    "cut off": responseCut,
    shortened: responseShortened,
    503: unavailable,
    "503 of the gateway": respondsWith(503, '{"message": "Service Unavailable"}'),
  };
  const cases = Object.entries(paths).flatMap(([route, path]) =>
    Object.entries(faults).map(([name, fault]) => [route, name, path, fault] as const),
  );
  test.for(cases)(
    "publishes one image when the response of %s is %s",
    async ([, , path, fault], { stack, owner }) => {
      const { client, sent } = faultyClient(stack, owner, path, fault);
      const image = await client.upload(fileOf(await png(32, "#212223")));
      expect(image.status).toBe("published");
      expect(sent()).toBe(2);
      expect((await client.listImages()).images).toEqual([image]);
    },
  );
});

describe("The client", () => {
  test.for<[string, Fault]>([
    ["503 service.unavailable", unavailable],
    ["429 upload.too_many", respondsWith(429, failure("upload.too_many"), { "retry-after": "1" })],
    ["429 of a later release", respondsWith(429, failure("moon.full"), { "retry-after": "1" })],
    ["429 of the gateway", respondsWith(429, "{}", { "retry-after": "1" })],
  ])(
    "repeats a GET after %s, no sooner than retry-after says",
    async ([, fault], { stack, owner }) => {
      const { client, sent } = faultyClient(stack, owner, /images$/, fault);
      const started = performance.now();
      expect((await client.listImages()).images).toEqual([]);
      expect(performance.now() - started).toBeGreaterThan(1_000);
      expect(sent()).toBe(2);
    },
  );

  test("throws an error code of a later release as it is", async ({ stack, owner }) => {
    const { client } = faultyClient(
      stack,
      owner,
      /images$/,
      respondsWith(409, failure("moon.full")),
    );
    await expect(client.listImages()).rejects.toMatchObject({
      name: "KeepsakeError",
      code: "moon.full",
      message: "try again",
      status: 409,
    });
  });

  test("throws at once when retry-after is over 10 s", async ({ stack, owner }) => {
    const late = respondsWith(503, failure("service.unavailable"), { "retry-after": "11" });
    const { client, sent } = faultyClient(stack, owner, /images$/, late);
    const error = { code: "service.unavailable", retryAfterSeconds: 11 };
    await expect(client.listImages()).rejects.toMatchObject(error);
    expect(sent()).toBe(1);
  });

  test("throws after three attempts", async ({ stack, owner }) => {
    const faults = Array(3).fill(connectionFails);
    const { client, sent } = faultyClient(stack, owner, /images$/, ...faults);
    await expect(client.listImages()).rejects.toMatchObject({ code: "service.unavailable" });
    expect(sent()).toBe(3);
  });

  test("creates a world once when the response is cut off", async ({ stack, owner }) => {
    const { client, sent } = faultyClient(stack, owner, /worlds$/, responseCut, responseLost);
    const pieces = [await character("one")];
    const { world } = await client.createWorld({ theme: "norse", pieces });
    expect(sent()).toBe(3);
    expect((await client.listWorlds()).worlds.map(({ world_id }) => world_id)).toEqual([
      world.world_id,
    ]);
  });

  const deletions = {
    deleteWorld: /^\/worlds\/[^/]+$/,
    deleteImage: /^\/images\/[^/]+$/,
    eraseOwner: /me$/,
  };
  const lost = { lost: responseLost, "cut off": responseCut, 503: unavailable };
  const cases = Object.entries(deletions).flatMap(([route, path]) =>
    Object.entries(lost).map(
      ([name, fault]) => [route as keyof typeof deletions, name, path, fault] as const,
    ),
  );
  test.for(cases)(
    "repeats %s after a response that is %s, and gets the one erasure with its objects",
    async ([route, , path, fault], { stack, owner }) => {
      const { client, sent } = faultyClient(stack, owner, path, fault);
      const { image_id } = await client.upload(fileOf(await png(32, "#31323a")));
      const pieces = [await character("Mira")];
      const { world_id } = (await client.createWorld({ theme: "norse", pieces })).world;

      const { erasure } = await client[route]({ image_id, world_id } as never);

      expect(sent()).toBe(2);
      const [listed] = await stack.sql`
        select count(distinct erasure_id)::integer as erasures, count(*)::integer > 0 as any
        from erasures join erasure_objects using (erasure_id)
        where erasures.owner_id = ${`user:${owner.sub}`}
          and erasure_id = ${erasure.erasure_id}
      `;
      expect(listed).toEqual({ erasures: 1, any: true });
      const [all] = await stack.sql`
        select count(*)::integer as count from erasures where owner_id = ${`user:${owner.sub}`}
      `;
      expect(all?.count).toBe(1);
    },
  );

  test("does not hide that what it deletes does not exist", async ({ stack, owner }) => {
    const { client } = faultyClient(stack, owner, /^\/worlds\/[^/]+$/, responseLost);
    await expect(client.deleteWorld({ world_id: randomUUID() })).rejects.toMatchObject({
      code: "world.not_found",
    });
  });

  test("repeats the request to re-host an image, which is queued once", async ({
    stack,
    owner,
  }) => {
    const { client, sent } = faultyClient(stack, owner, /rehosts$/, responseLost, responseCut);
    const file_id = randomUUID();
    const source = { platform: "telegram" as const, file_id, file_unique_id: file_id };

    const { image } = await client.rehostImage({ source });

    expect(sent()).toBe(3);
    expect((await client.listImages()).images).toEqual([image]);
    const [row] = await stack.sql`
      select requeues, queued_at is not null as queued from images where image_id = ${image.image_id}
    `;
    expect(row).toEqual({ requeues: 0, queued: true });
  });

  test("sends a request once that is not safe to repeat, whatever key it has", async ({
    stack,
    owner,
  }) => {
    const { client, sent } = faultyClient(stack, owner, /characters$/, unavailable);
    const generating = client.generateCharacters(
      { theme: "norse", count: 1 },
      { idempotencyKey: "has no meaning here" },
    );
    await expect(generating).rejects.toMatchObject({ code: "service.unavailable" });
    expect(sent()).toBe(1);
  });

  test("stops waiting when it is aborted, with the reason", async ({ stack, owner }) => {
    const slow = respondsWith(503, failure("service.unavailable"), { "retry-after": "9" });
    const { client, sent } = faultyClient(stack, owner, /images$/, slow);
    const abort = new AbortController();
    const listing = client.listImages({}, { signal: abort.signal });
    setTimeout(() => abort.abort(new Error("closed")), 100);
    const started = performance.now();
    await expect(listing).rejects.toThrow("closed");
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(sent()).toBe(1);
  });
});
