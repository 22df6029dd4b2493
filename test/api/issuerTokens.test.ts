import { createHmac, randomUUID } from "node:crypto";
import { authentication } from "@keepsake/functions/runtime/authentication/identifyCaller";
import type { JWTPayload } from "jose";
import { afterEach, beforeAll, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { accepted, answers, bearer } from "../support/authenticationStatuses.ts";
import { newKey, startIssuer } from "../support/issuer.ts";
import { postgresProxy } from "../support/postgresProxy.ts";
import { type TestStack, testStack } from "../support/stack.ts";

const refused = ["401 token.refused", "401 token.refused"];
const unavailable = ["503 service.unavailable", "503 service.unavailable"];

afterEach(() => {
  vi.useRealTimers();
});

describe("with an issuer, the API and the stream", () => {
  let stack: TestStack;
  let proxy: Awaited<ReturnType<typeof postgresProxy>>;
  beforeAll(async () => {
    proxy = await postgresProxy(inject("backends").databaseUrl);
    stack = await testStack({ backends: { databaseUrl: proxy.url }, consume: false });
    return async () => {
      await stack.stop();
      proxy.stop();
    };
  });

  test("refuse a credential of a wrong shape, algorithm, issuer, audience, time or subject without a query or a request to the issuer", async ({
    task,
  }) => {
    const { issuer } = stack;
    const claims = issuer.claimsOf("alice");
    const now = Date.now() / 1_000;
    const without = (name: string) => ({ ...claims, [name]: undefined });
    const badClaims: object[] = [
      { ...claims, iss: `${issuer.issuer}/` },
      { ...claims, iss: [issuer.issuer] },
      { ...claims, iss: "https://issuer.example.com" },
      ...["iss", "exp", "sub", "aud"].map(without),
      { ...claims, exp: now - 1 },
      { ...claims, exp: "9999999999" },
      { ...claims, nbf: now + 60 },
      { ...claims, nbf: "0" },
      ...["another-api", [], ["another-api"], "", null].map((aud) => ({ ...claims, aud })),
      { ...claims, aud: "another-api", client_id: "keepsake" },
      { ...without("aud"), client_id: "another-client" },
      ...[7, "", null, ["alice"], { sub: "alice" }, "x".repeat(256), "a\ud83d", "a\0"].map(
        (sub) => ({ ...claims, sub }),
      ),
    ];
    const es256 = { alg: "ES256", kid: "first" };
    const headers = [
      ...["none", "None", "HS256", "RS512", "ES384", "PS256", "", 7, undefined].map((alg) => ({
        ...es256,
        alg,
      })),
      { ...es256, crit: ["b64"], b64: false },
    ];
    const valid = await issuer.sign("alice");
    const [head, body, signature] = valid.split(".");
    const notUtf8 = Buffer.from(JSON.stringify(claims).replace("alice", "\xff"), "latin1");
    const publicKey = JSON.stringify(issuer.key.jwk);
    const confused = `${encode({ alg: "HS256", kid: "first" })}.${body}`;
    const texts = [
      ...["", "x", "x.y", "x.y.z", "..", `${head}.${body}`, `${head}.${body}.`],
      ...[`${valid}.${signature}.x`, `${head}..${signature}`, `${head}.${body}=.${signature}`],
      ...[`W10.${body}.${signature}`, `${head}.bnVsbA.${signature}`, `${head}.W10.${signature}`],
      `${head}.${notUtf8.toString("base64url")}.${signature}`,
      `${confused}.${createHmac("sha256", publicKey).update(confused).digest("base64url")}`,
      ...badClaims.map((bad) => `${head}.${encode(bad)}.${signature}`),
      ...headers.map((header) => `${encode(header)}.${body}.${signature}`),
      ...["ks_", "ks_x_y", `ks_${"a".repeat(16)}_${"b".repeat(63)}`, `KS_${"a".repeat(16)}_b`],
      stack.serviceKey.toUpperCase(),
      `${stack.serviceKey}0`,
    ];
    const sent: Record<string, string>[] = [
      {},
      ...texts.map(bearer),
      { authorization: valid },
      { authorization: `Basic ${valid}` },
      { authorization: `Bearer ${valid} ${valid}` },
      { authorization: `Bearer ${valid}, Bearer ${valid}` },
      { "keepsake-owner": "alice" },
    ];
    task.meta.cases = 2 * sent.length;
    const queries = proxy.queries();
    for (const credential of sent)
      expect([credential, await answers(stack, credential)]).toEqual([credential, refused]);
    expect([proxy.queries() - queries, issuer.reads()]).toEqual([0, 0]);
  });

  test("answer 401 in the form of every error, with www-authenticate, before they read the body", async () => {
    const headers = { ...bearer("x"), "content-type": "text/plain" };
    for (const url of [`${stack.api}/worlds`, stack.stream]) {
      const response = await fetch(url, { method: "POST", headers, body: "{" });
      expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
      expect(await response.json()).toEqual({
        error: {
          code: "token.refused",
          message: expect.stringContaining("sign in again"),
          request_id: response.headers.get("keepsake-request-id"),
        },
      });
    }
  });

  test("accept its tokens of RS256, ES256 and EdDSA, for this audience or for this client of Cognito", async () => {
    const { issuer } = stack;
    const keys = await Promise.all(["RS256", "ES256", "EdDSA"].map((alg) => newKey(alg, alg)));
    issuer.publish([issuer.key, ...keys]);
    const { aud: _, ...claims } = issuer.claimsOf("alice");
    const nbf = Date.now() / 1_000 - 1;
    for (const key of keys)
      for (const audience of [
        { aud: "keepsake" },
        { aud: ["another-api", "keepsake"], nbf },
        { client_id: "keepsake" },
      ]) {
        const token = await issuer.signClaims({ ...claims, ...audience }, key);
        expect(await answers(stack, bearer(token))).toEqual(accepted);
      }
    expect(issuer.reads()).toBe(1);
  });

  test("keep a token's owner apart from a service key's of another name, and together with one of the same", async () => {
    const [alice, bob] = [randomUUID(), randomUUID()];
    const pieces = [{ type: "faction" as const, name: "A", description: "", details: {} }];
    await stack.client(alice).createWorld({ theme: "x", pieces });
    const worldsOf = async (owner: string) => {
      const headers = { ...bearer(stack.serviceKey), "keepsake-owner": owner };
      return ((await (await fetch(`${stack.api}/worlds`, { headers })).json()) as Worlds).worlds;
    };
    expect([(await worldsOf(alice)).length, (await worldsOf(bob)).length]).toEqual([1, 0]);
  });

  test("go on with known keys while the issuer is down, and read new ones when it is back", async () => {
    const { issuer } = stack;
    expect(await answers(stack, bearer(await issuer.sign("alice")))).toEqual(accepted);
    const rotated = await newKey("rotated");
    issuer.behave("fails");
    const known = issuer.reads();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
    expect(await answers(stack, bearer(await issuer.sign("alice")))).toEqual(accepted);
    const token = () => issuer.signClaims(issuer.claimsOf("alice"), rotated);
    expect(await answers(stack, bearer(await token()))).toEqual(unavailable);
    expect(issuer.reads() - known).toBe(1);

    issuer.behave("answers");
    issuer.publish([rotated]);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 6_000 });
    expect(await answers(stack, bearer(await token()))).toEqual(accepted);
    expect(await answers(stack, bearer(await issuer.sign("alice")))).toEqual(refused);
    expect(issuer.reads() - known).toBe(2);
  });
});

describe("the keys of an issuer", () => {
  test("are read once in 30 s, however many tokens name keys that it does not have", async () => {
    const { issuer, verify, flood } = await container();
    await verify(await issuer.sign("alice"));
    expect(issuer.reads()).toBe(1);
    expect(await flood()).toEqual(["token.refused"]);
    pass(29_000);
    expect(await flood()).toEqual(["token.refused"]);
    expect(issuer.reads()).toBe(1);
    pass(2_000);
    expect(await flood()).toEqual(["token.refused"]);
    expect(issuer.reads()).toBe(2);
  });

  test("are read again after 5 s when the first read failed, then once in 30 s", async () => {
    const { issuer, verify, flood } = await container();
    issuer.behave("fails");
    for (const [seconds, reads] of [
      [0, 1],
      [4, 1],
      [2, 2],
      [6, 2],
      [23, 2],
      [2, 3],
      [20, 3],
    ] as const) {
      pass(seconds * 1_000);
      expect(await flood()).toEqual(["service.unavailable"]);
      expect([seconds, issuer.reads()]).toEqual([seconds, reads]);
    }
    await expect(verify(await issuer.sign("alice"))).rejects.toMatchObject({
      code: "service.unavailable",
      retryAfterSeconds: 10,
    });
    issuer.behave("answers");
    pass(11_000);
    await verify(await issuer.sign("alice"));
    expect(issuer.reads()).toBe(4);
  });

  test("are waited for 5 s by every request at once, and asked for once", async () => {
    const { issuer, flood } = await container();
    issuer.behave("hangs");
    const started = performance.now();
    expect(await flood()).toEqual(["service.unavailable"]);
    expect(performance.now() - started).toBeLessThan(7_000);
    expect(issuer.reads()).toBe(1);
  });

  test("that the issuer withdrew are refused within 10 minutes, and its own are kept while it answers with none", async () => {
    const { issuer, verify } = await container();
    const second = await newKey("second");
    issuer.publish([issuer.key, second]);
    const signed = (key: typeof second) => issuer.signClaims(issuer.claimsOf("alice"), key);
    await verify(await signed(issuer.key));
    issuer.publish([]);
    pass(601_000);
    await verify(await signed(second));
    issuer.publish([second]);
    pass(601_000);
    await verify(await signed(second));
    await expect(verify(await signed(issuer.key))).rejects.toMatchObject({ code: "token.refused" });
  });

  test("verify nothing that was signed with another key of the same name", async () => {
    const { issuer, verify } = await container();
    await verify(await issuer.sign("alice"));
    const forged = issuer.signClaims(issuer.claimsOf("alice"), await newKey("first"));
    await expect(verify(await forged)).rejects.toMatchObject({ code: "token.refused" });
    expect(issuer.reads()).toBe(1);
  });

  test("are not asked for when no issuer is configured", async () => {
    const { issuer } = await container();
    const none = authentication({ issuer: "", audience: "", pageTokenKey: "" }, async () => []);
    for (const iss of [issuer.issuer, "", undefined]) {
      const claims = { ...issuer.claimsOf("alice"), iss, aud: "" } as JWTPayload;
      const token = await issuer.signClaims(claims);
      await expect(none.user(bearer(token))).rejects.toMatchObject({ code: "token.refused" });
    }
    expect(issuer.reads()).toBe(0);
  });
});

type Worlds = { worlds: object[] };

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** What one container of a function does with tokens of an issuer of its own. */
async function container() {
  const issuer = await startIssuer();
  onTestFinished(() => issuer.stop());
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  const link = { issuer: issuer.issuer, audience: "keepsake", pageTokenKey: "" };
  const { user } = authentication(link, async () => []);
  const verify = (token: string) => user(bearer(token));
  return {
    issuer,
    verify,
    /** Sends 50 tokens at once, of as many keys that the issuer never had, and resolves to the errors. */
    async flood() {
      const tokens = await Promise.all(
        Array.from({ length: 50 }, async () => {
          const key = { ...issuer.key, jwk: { ...issuer.key.jwk, kid: randomUUID() } };
          return issuer.signClaims(issuer.claimsOf("alice"), key);
        }),
      );
      const errors = tokens.map((token) => verify(token).catch(({ code }) => code as string));
      return [...new Set(await Promise.all(errors))];
    },
  };
}

function pass(ms: number) {
  vi.setSystemTime(Date.now() + ms);
}
