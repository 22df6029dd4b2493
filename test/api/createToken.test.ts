import { createHmac, randomUUID } from "node:crypto";
import { createClient } from "@keepsake/client";
import { createServiceKey } from "@keepsake/core/serviceKeys/serviceKeys";
import { revokeKey } from "@keepsake/core/serviceKeys/serviceKeys.sql";
import { decodeJwt } from "jose";
import { afterEach, describe, expect, vi } from "vitest";
import { accepted, answers, bearer } from "../support/authenticationStatuses.ts";
import { faction } from "../support/pieceDrafts.ts";
import { request, type TestStack, testWithoutConsumers as test } from "../support/stack.ts";

const refused = ["401 token.refused", "401 token.refused"];

afterEach(() => {
  vi.useRealTimers();
});

describe("POST /tokens", () => {
  test("gives a backend a token with which a page acts as one user, at the API and the stream", async ({
    stack,
    owner: { sub, client },
  }) => {
    const { token, expires_at } = await backend(stack).createToken({ owner: sub, expires_in: 600 });
    expect(Date.parse(expires_at) - Date.now()).toBeGreaterThan(590_000);
    expect(Date.parse(expires_at) - Date.now()).toBeLessThanOrEqual(600_000);
    expect(await answers(stack, bearer(token))).toEqual(accepted);
    const page = createClient({ baseUrl: stack.api, token });
    const { world } = await page.createWorld({ theme: "norse", pieces: [faction] });
    expect((await client.getWorld({ world_id: world.world_id })).world).toEqual(world);
    expect((await client.listWorlds()).worlds).toHaveLength(1);
  });

  test("gives an hour when no time is asked for, and no more", async ({ stack }) => {
    const { token } = await backend(stack).createToken({ owner: "alice" });
    const { iat = 0, exp = 0, ...claims } = decodeJwt(token);
    expect(exp - iat).toBe(3_600);
    const [, key_id] = stack.serviceKey.split("_");
    expect(claims).toEqual({ iss: "keepsake", sub: "alice", key_id });
  });

  test("puts the user's name into the token, for display", async ({ stack, owner: { sub } }) => {
    const { token } = await backend(stack).createToken({ owner: sub, name: "Mira\r\n\u202e" });
    await createClient({ baseUrl: stack.api, token }).linkTelegram();
    const [link] =
      await stack.sql`select name from telegram_links where owner_id = ${`user:${sub}`}`;
    expect(link).toEqual({ name: "Mira" });
  });

  test("rejects an owner, a name and a time that are not valid", async ({ stack, task }) => {
    const bodies: object[] = [
      ...[{}, { owner: "" }, { owner: "x".repeat(256) }, { owner: "a\0" }, { owner: 7 }],
      ...[0, -1, 3_601, 1.5, "60", null].map((expires_in) => ({ owner: "alice", expires_in })),
      { owner: "alice", name: "x".repeat(201) },
      { owner: "alice", sub: "bob" },
    ];
    task.meta.cases = bodies.length;
    for (const body of bodies) {
      const headers = bearer(stack.serviceKey);
      const response = await request(stack, "POST", "/tokens", { headers, body });
      expect([body, response.status]).toEqual([body, 422]);
    }
  });

  test("takes a service key only", async ({ stack, owner: { sub }, task }) => {
    const { token } = await backend(stack).createToken({ owner: sub });
    const credentials = [{}, bearer(token), bearer(await stack.issuer.sign(sub)), bearer("ks_")];
    task.meta.cases = credentials.length;
    for (const headers of credentials) {
      const body = { owner: "another user" };
      const response = await request(stack, "POST", "/tokens", { headers, body });
      expect([response.status, response.body]).toMatchObject([
        401,
        { error: { code: "token.refused" } },
      ]);
    }
  });
});

describe("a page token", () => {
  test("stops when it expires", async ({ stack }) => {
    const { token } = await backend(stack).createToken({ owner: "alice", expires_in: 60 });
    const now = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: now + 58_000 });
    expect(await answers(stack, bearer(token))).toEqual(accepted);
    vi.useFakeTimers({ toFake: ["Date"], now: now + 60_000 });
    expect(await answers(stack, bearer(token))).toEqual(refused);
  });

  test("stops within a minute of its service key", async ({ stack }) => {
    const serviceKey = (await createServiceKey(stack.sql, "page"))!;
    const now = Date.now() + 3_600_000; // later than all that other tests read
    vi.useFakeTimers({ toFake: ["Date"], now });
    const { createToken } = createClient({ baseUrl: stack.api, serviceKey });
    const { token } = await createToken({ owner: "alice" });
    expect(await answers(stack, bearer(token))).toEqual(accepted);
    await revokeKey(stack.sql, serviceKey.split("_")[1]!);
    vi.useFakeTimers({ toFake: ["Date"], now: now + 60_000 });
    expect(await answers(stack, bearer(token))).toEqual(refused);
  });

  test("is refused when anything in it was changed, or when it says what no token of ours says", async ({
    stack,
    task,
  }) => {
    const { token } = await backend(stack).createToken({ owner: "alice" });
    const [head = "", body = "", signature = ""] = token.split(".");
    const claims = decodeJwt(token);
    const now = Math.floor(Date.now() / 1_000);
    const { key, issuer, signClaims } = stack.issuer;
    const own = (header: object, payload: object) => {
      const text = `${encode(header)}.${encode(payload)}`;
      return `${text}.${createHmac("sha256", pageTokenKey()).update(text).digest("base64url")}`;
    };
    const hs256 = { alg: "HS256", typ: "JWT" };
    expect(await answers(stack, bearer(own(hs256, claims)))).toEqual(accepted);
    const otherKey = createHmac("sha256", "").update(`${head}.${body}`).digest("base64url");
    const tokens = [
      `${head}.${encode({ ...claims, sub: "bob" })}.${signature}`,
      `${head}.${encode({ ...claims, key_id: "0".repeat(16) })}.${signature}`,
      ...[`${head}.${body}.${otherKey}`, `${head}.${body}.AA`, `${head}.${body}.${signature}AA`],
      `${encode({ alg: "none" })}.${body}.${signature}`,
      ...["none", "HS512", "ES256", undefined].map((alg) => own({ ...hs256, alg }, claims)),
      own({ ...hs256, crit: ["b64"], b64: false }, claims),
      own(hs256, { ...claims, exp: Number(claims.iat) + 3_601 }),
      own(hs256, { ...claims, iat: now - 7_200, exp: now + 60 }),
      own(hs256, { ...claims, exp: now - 1 }),
      own(hs256, { ...claims, nbf: now + 60 }),
      ...["iat", "exp", "sub", "key_id"].map((name) =>
        own(hs256, { ...claims, [name]: undefined }),
      ),
      ...[7, "", "0".repeat(16), null].map((key_id) => own(hs256, { ...claims, key_id })),
      own(hs256, { ...claims, iss: issuer }),
      own(hs256, { ...claims, iss: "Keepsake" }),
      await signClaims({ ...claims, aud: "keepsake" }, key),
    ];
    task.meta.cases = 2 * tokens.length;
    for (const each of tokens)
      expect([each, await answers(stack, bearer(each))]).toEqual([each, refused]);
  });

  test("names exactly its owner, also one that could be read as another", async ({
    stack,
    task,
  }) => {
    const run = randomUUID();
    const owners = ["é", "e\u0301", " é", "é ", "user:é", "%C3%A9", "é+", '"é'].map((o) => o + run);
    task.meta.cases = owners.length;
    const pageOf = async (owner: string) =>
      createClient({ baseUrl: stack.api, ...(await backend(stack).createToken({ owner })) });
    for (const owner of owners)
      await (await pageOf(owner)).createWorld({ theme: "x", pieces: [faction] });
    for (const owner of owners)
      expect((await (await pageOf(owner)).listWorlds()).worlds).toHaveLength(1);
  });
});

const backend = ({ api, serviceKey }: TestStack) => createClient({ baseUrl: api, serviceKey });

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** The key that the functions of this process have. */
function pageTokenKey() {
  const { Auth } = JSON.parse(process.env.SST_RESOURCES_JSON ?? "{}");
  return Buffer.from(Auth.pageTokenKey, "base64");
}
