import { randomUUID } from "node:crypto";
import { createClient } from "@keepsake/client";
import { createServiceKey } from "@keepsake/core/serviceKeys/serviceKeys";
import { revokeKey } from "@keepsake/core/serviceKeys/serviceKeys.sql";
import { authentication } from "@keepsake/functions/runtime/authentication/identifyCaller";
import postgres from "postgres";
import { afterEach, describe, expect, inject, vi } from "vitest";
import { accepted, answers, bearer } from "../support/authenticationStatuses.ts";
import { faction } from "../support/pieceDrafts.ts";
import { copyDatabase, type TestStack, testWithoutConsumers as test } from "../support/stack.ts";

const refused = ["401 token.refused", "401 token.refused"];
const missing = ["422 owner.missing", "422 owner.missing"];

afterEach(() => {
  vi.useRealTimers();
});

describe("a service key", () => {
  test("acts for the user in its owner header, as the token of that user does", async ({
    stack,
    owner: { sub, client },
  }) => {
    const backend = clientFor(stack, sub);
    const { world } = await backend.createWorld({ theme: "norse", pieces: [faction] });
    expect((await client.getWorld({ world_id: world.world_id })).world).toEqual(world);
    await expect(
      clientFor(stack, randomUUID()).getWorld({ world_id: world.world_id }),
    ).rejects.toMatchObject({ code: "world.not_found" });
    const events = backend.streamCharacters({ theme: "norse", count: 1 });
    expect((await events.next()).value).toMatchObject({ type: "character" });
    await events.return();
  });

  test("names any owner, whose every character counts", async ({ stack, task }) => {
    const owners = [
      ...["é", "e\u0301", "É", "é ", " é", "a+b", "a b", "a%20b", "a,b", "%", "%00", "\u0001"],
      ...["alice@example.com", "a/b?c#d&e=f", "user:é", "🦊", "\ufffd", "\u202ea", '"', "\n"],
      "x".repeat(255),
      "🦊".repeat(127),
    ];
    task.meta.cases = owners.length;
    const run = randomUUID().slice(0, 8);
    const unique = (owner: string) => (owner.length < 200 ? owner + run : owner);
    for (const owner of owners)
      await clientFor(stack, unique(owner)).createWorld({ theme: "x", pieces: [faction] });
    for (const owner of owners) {
      const { worlds } = await clientFor(stack, unique(owner)).listWorlds();
      expect([owner, worlds.length]).toEqual([owner, 1]);
      expect((await stack.client(unique(owner)).listWorlds()).worlds).toEqual(worlds);
    }
  });

  test("is 422 without an owner, or with one that is not percent-encoded text of 1 to 255 characters", async ({
    stack,
    task,
  }) => {
    const bad = [
      ...["", "%", "%z", "%zz", "%u0041", "%ff", "%c3", "%c0%80", "%ed%a0%80", "%00", "a%00b"],
      ...["a b", "a,b", "a, b", "a+b", "é", "x".repeat(256), "%F0%9F%A6%8A".repeat(128)],
    ];
    task.meta.cases = 2 * (bad.length + 1);
    expect(await answers(stack, bearer(stack.serviceKey))).toEqual(missing);
    for (const owner of bad) {
      const headers = { ...bearer(stack.serviceKey), "keepsake-owner": owner };
      expect([owner, await answers(stack, headers)]).toEqual([owner, missing]);
    }
  });

  test("is 422 with two owner headers", async ({ stack }) => {
    const headers = new Headers(bearer(stack.serviceKey));
    headers.append("keepsake-owner", "alice");
    headers.append("keepsake-owner", "bob");
    expect((await fetch(`${stack.api}/worlds`, { headers })).status).toBe(422);
  });

  test("is needed for the owner header: beside a token it has no effect", async ({
    stack,
    owner: { sub, client },
  }) => {
    await client.createWorld({ theme: "norse", pieces: [faction] });
    const intruder = { ...bearer(await stack.issuer.sign(randomUUID())), "keepsake-owner": sub };
    const response = await fetch(`${stack.api}/worlds`, { headers: intruder });
    expect(((await response.json()) as { worlds: object[] }).worlds).toEqual([]);
  });

  test("never passes the preflight of a page", async ({ stack }) => {
    const headers = {
      origin: inject("pages").allowed,
      "access-control-request-method": "GET",
      "access-control-request-headers": "authorization,keepsake-owner",
    };
    for (const url of [`${stack.api}/worlds`, stack.stream]) {
      const preflight = await fetch(url, { method: "OPTIONS", headers });
      expect(preflight.headers.get("access-control-allow-origin")).not.toBeNull();
      expect(preflight.headers.get("access-control-allow-headers")).toContain("authorization");
      expect(preflight.headers.get("access-control-allow-headers")).not.toContain("owner");
    }
  });

  test("with another secret, or with the id of no key, is refused", async ({ stack, task }) => {
    const [, id, secret = ""] = stack.serviceKey.split("_");
    const other = secret.replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));
    const keys = [
      `ks_${id}_${other}`,
      `ks_${"0".repeat(16)}_${secret}`,
      `ks_${id}_${"0".repeat(64)}`,
    ];
    task.meta.cases = 2 * keys.length;
    for (const key of keys)
      expect(await answers(stack, { ...bearer(key), "keepsake-owner": "alice" })).toEqual(refused);
  });

  test("is stored as a SHA-256 only", async ({ stack }) => {
    const [, id, secret = ""] = stack.serviceKey.split("_");
    const [row] = await stack.sql`select * from service_keys where key_id = ${id!}`;
    expect(row).toMatchObject({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(JSON.stringify(row)).not.toContain(secret);
  });

  test("that was revoked stops within a minute, and one that was made works within a minute", async ({
    stack,
  }) => {
    const passed = pass(0);
    const headers = (key: string) => ({ ...bearer(key), "keepsake-owner": "alice" });
    const old = (await createServiceKey(stack.sql, "old"))!;
    pass(60_000);
    expect(await answers(stack, headers(old))).toEqual(accepted);
    expect(await revokeKey(stack.sql, old.split("_")[1]!)).toBe(true);
    expect(await revokeKey(stack.sql, old.split("_")[1]!)).toBe(false);
    const made = (await createServiceKey(stack.sql, "new"))!;
    pass(60_000);
    expect(await answers(stack, headers(old))).toEqual(refused);
    expect(await answers(stack, headers(made))).toEqual(accepted);
    expect(Date.now() - passed).toBeGreaterThanOrEqual(120_000);
  });
});

describe("the live service keys", () => {
  test("are read in one query a minute, whatever ids are sent", async ({ stack }) => {
    let queries = 0;
    const { user } = authentication({ issuer: "", audience: "", pageTokenKey: "" }, async () => {
      queries += 1;
      return stack.sql`select key_id, sha256 from service_keys where revoked_at is null`;
    });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const flood = () =>
      Promise.allSettled(
        Array.from({ length: 100 }, () => {
          const key = `ks_${randomUUID().replaceAll("-", "").slice(0, 16)}_${"0".repeat(64)}`;
          return user({ ...bearer(key), "keepsake-owner": "alice" });
        }),
      );
    await flood();
    await flood();
    pass(59_000);
    await flood();
    expect(queries).toBe(1);
    pass(1_000);
    await flood();
    expect(queries).toBe(2);
    await user({ ...bearer(stack.serviceKey), "keepsake-owner": "alice" });
    expect(queries).toBe(2);
  });

  test("are read again after a second when the database failed", async ({ stack }) => {
    let queries = 0;
    const { user } = authentication({ issuer: "", audience: "", pageTokenKey: "" }, async () => {
      queries += 1;
      if (queries === 1) throw new Error("The database is down");
      return stack.sql`select key_id, sha256 from service_keys where revoked_at is null`;
    });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const call = () => user({ ...bearer(stack.serviceKey), "keepsake-owner": "alice" });
    await expect(call()).rejects.toThrow("The database is down");
    await expect(call()).rejects.toThrow("The database is down");
    expect(queries).toBe(1);
    pass(1_000);
    expect(await call()).toEqual({ owner_id: "user:alice", caller_name: "alice" });
  });

  test("are at most 100, also when two are made at once", async () => {
    const sql = postgres(await copyDatabase());
    const names = Array.from({ length: 110 }, (_, index) => `key ${index}`);
    const made = await Promise.all(names.map((name) => createServiceKey(sql, name)));
    expect(made.filter(Boolean)).toHaveLength(100);
    const key_id = made.find(Boolean)!.split("_")[1]!;
    expect(await createServiceKey(sql, "one more")).toBeUndefined();
    expect(await revokeKey(sql, key_id)).toBe(true);
    expect(await createServiceKey(sql, "one more")).toBeDefined();
    await sql.end();
  });
});

const clientFor = ({ api, stream, serviceKey }: TestStack, owner: string) =>
  createClient({ baseUrl: api, streamUrl: stream, serviceKey, owner });

/** Lets this time pass, for the functions too. */
function pass(ms: number) {
  const now = Date.now() + ms;
  vi.useFakeTimers({ toFake: ["Date"], now });
  return now;
}
