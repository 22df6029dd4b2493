import { createHash, randomBytes, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { decodeJwt, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OidcIssuer, startOidcProvider } from "../support/oidcProvider.ts";
import { type TestStack, testStack } from "../support/stack.ts";

const page = "http://127.0.0.1:3007/";
const unauthorized = [401, 401];

let oidc: OidcIssuer;
let stack: TestStack;
beforeAll(async () => {
  oidc = await startOidcProvider({ redirectUris: [page] });
  stack = await testStack({ auth: { issuer: oidc.issuer, audience: "keepsake" } });
});
afterAll(async () => {
  await stack.stop();
  oidc.stop();
});

describe("with an OpenID Connect issuer", () => {
  test("its tokens are accepted by the API and by streams, and identify the owner", async () => {
    const alice = await signIn(oidc, randomUUID());
    expect(await statuses(alice)).toEqual([200, 200]);

    const authorized = (token: string) => ({
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    });
    const body = JSON.stringify({ theme: "norse", pieces: [relic] });
    const created = await fetch(`${stack.api}/worlds`, {
      ...authorized(alice),
      method: "POST",
      body,
    });
    expect(created.status).toBe(201);
    const worlds = async (token: string) =>
      (await (await fetch(`${stack.api}/worlds`, authorized(token))).json()) as {
        worlds: object[];
      };
    expect((await worlds(alice)).worlds).toHaveLength(1);
    expect((await worlds(await signIn(oidc, randomUUID()))).worlds).toHaveLength(0);
  });

  test("a token for another API is rejected", async () => {
    const token = await signIn(oidc, "alice", "another-api");
    expect(decodeJwt(token).aud).toBe("another-api");
    expect(await statuses(token)).toEqual(unauthorized);
  });

  test("an expired token is rejected", async () => {
    oidc.setTokenLifetime(1);
    const token = await signIn(oidc, "alice");
    oidc.setTokenLifetime(3_600);
    await sleep(2_000);
    expect(await statuses(token)).toEqual(unauthorized);
  });

  test("a token signed with another key is rejected", async () => {
    const claims = decodeJwt(await signIn(oidc, "alice"));
    const { privateKey } = await generateKeyPair("RS256");
    const header = { alg: "RS256", kid: "own" };
    const forged = await new SignJWT(claims).setProtectedHeader(header).sign(privateKey);
    expect(await statuses(forged)).toEqual(unauthorized);
  });

  test("a name alone is not enough to sign in", async () => {
    const body = JSON.stringify({ sub: "alice" });
    const answer = await fetch(`${stack.api}/dev/token`, { method: "POST", body });
    expect([answer.status, await answer.json()]).toMatchObject([
      404,
      { error: { code: "route.not_found" } },
    ]);
  });
});

const relic = { type: "relic", name: "A key", description: "It opens nothing.", details: {} };

/** The statuses with which the API and the stream answer a token. */
async function statuses(token: string): Promise<number[]> {
  const { api, stream } = stack;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const body = JSON.stringify({ theme: "norse", count: 1 });
  const responses = [
    fetch(`${api}/worlds`, { headers }),
    fetch(stream, { method: "POST", headers, body }),
  ];
  return Promise.all(
    responses.map(async (response) => {
      const { status, body } = await response;
      await body?.cancel();
      return status;
    }),
  );
}

/** Signs in as a browser would, and resolves to the access token. */
async function signIn({ issuer, clientId }: OidcIssuer, name: string, audience = "keepsake") {
  const { authorization_endpoint, token_endpoint } = (await (
    await fetch(`${issuer}/.well-known/openid-configuration`)
  ).json()) as Record<string, string>;
  const code_verifier = randomBytes(32).toString("base64url");
  const query = new URLSearchParams({
    client_id: clientId,
    redirect_uri: page,
    response_type: "code",
    scope: "openid profile",
    audience,
    code_challenge: createHash("sha256").update(code_verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  const browser = newBrowser();
  const form = await browser(`${authorization_endpoint}?${query}`);
  const back = await browser(form, new URLSearchParams({ name }));

  const answer = await fetch(token_endpoint!, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code: new URL(back).searchParams.get("code")!,
      redirect_uri: page,
      client_id: clientId,
      code_verifier,
    }),
  });
  const { access_token } = (await answer.json()) as { access_token: string };
  return access_token;
}

/** Keeps cookies, follows redirects, and stops at a form or at the redirect to the page. */
function newBrowser() {
  const cookies = new Map<string, string>();
  return async function visit(url: string, body?: URLSearchParams): Promise<string> {
    if (url.startsWith(page)) return url;
    const response = await fetch(url, {
      redirect: "manual",
      headers: { cookie: [...cookies].map((pair) => pair.join("=")).join("; ") },
      ...(body && { method: "POST", body }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, cookie = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(cookie, value);
    }
    const next = response.headers.get("location");
    return next ? visit(new URL(next, url).href) : url;
  };
}
