import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { character } from "../support/pieceDrafts.ts";
import { postgresProxy } from "../support/postgresProxy.ts";
import { copyDatabase, request, type TestStack, testStack } from "../support/stack.ts";

let proxy: Awaited<ReturnType<typeof postgresProxy>>;
let stack: TestStack;

beforeAll(async () => {
  const url = await copyDatabase();
  proxy = await postgresProxy(url);
  const databaseUrl = proxy.url;
  stack = await testStack({ backends: { databaseUrl }, consume: false });
});
beforeEach(async () => {
  proxy.accept("forwarding");
  await request(stack, "GET", "/health");
});
afterAll(async () => {
  await stack.stop();
  proxy.stop();
});

const worlds = () => request(stack, "GET", "/worlds", { sub: "patient" });
const unavailable = { error: { code: "service.unavailable" } };

describe("A request", () => {
  test.each(["53300", "57P03", "08P01"])(
    "gets 503 and retry-after when Postgres refuses connections with %s, and succeeds when it accepts them",
    async (refused) => {
      proxy.accept({ refused });
      proxy.fail("resetting");
      await worlds();
      const response = await worlds();
      expect(response.body).toMatchObject(unavailable);
      expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);

      proxy.accept("forwarding");
      expect((await worlds()).status).toBe(200);
    },
  );

  test("gets 503 and retry-after when its connection is lost in a transaction", async () => {
    const body = { theme: "norse", pieces: [await character("one")] };
    const create = () => request(stack, "POST", "/worlds", { sub: "lost", body });
    proxy.fail("resetting");
    const response = await create();
    expect(response.body).toMatchObject(unavailable);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
    expect((await create()).status).toBe(201);
    expect(await stack.client("lost").listWorlds()).toMatchObject({ worlds: [{ theme: "norse" }] });
  });

  test("succeeds at once after the server closed all idle connections", async () => {
    await Promise.all([worlds(), worlds(), worlds()]);
    await stack.sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()
    `;
    await new Promise((resolve) => setTimeout(resolve, 50));
    const statuses = (await Promise.all([worlds(), worlds(), worlds()])).map(
      ({ status }) => status,
    );
    expect(statuses).toEqual([200, 200, 200]);
  });
});

describe("GET /health", () => {
  test("answers 503 within 5 s when Postgres hangs, and 200 as soon as it no longer does", async () => {
    proxy.accept("silent");
    proxy.fail("silent");
    const started = performance.now();
    const response = await request(stack, "GET", "/health");
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(response.body).toMatchObject(unavailable);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);

    proxy.accept("forwarding");
    expect((await request(stack, "GET", "/health")).status).toBe(200);
  });
});
