import { createServer } from "node:http";
import { guard } from "@keepsake/local/embedded/hostAndOrigin";
import { bind } from "@keepsake/local/embedded/listen";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";

export type Issuer = Awaited<ReturnType<typeof startIssuer>>;

/**
 * An OpenID Connect issuer on loopback, found by Discovery, that signs whatever tests ask for. A real one,
 * with sign-in, is in `oidcProvider.ts`.
 */
export async function startIssuer() {
  const key = await newKey("first");
  let published = [key];
  let mode: "answers" | "fails" | "hangs" = "answers";
  let reads = 0;

  const server = createServer(({ url }, response) => {
    if (url === "/.well-known/openid-configuration") reads += 1;
    if (mode === "hangs") return;
    const documents: Record<string, object> = {
      "/.well-known/openid-configuration": { issuer, jwks_uri: `${issuer}/jwks.json` },
      "/jwks.json": { keys: published.map(({ jwk }) => jwk) },
    };
    const document = mode === "answers" ? documents[url ?? ""] : undefined;
    response.writeHead(document ? 200 : 500, { "content-type": "application/json" });
    response.end(JSON.stringify(document ?? {}));
  });
  const issuer = `http://127.0.0.1:${await bind(guard(server), 0)}`;
  server.unref();

  /** A token with any claims, by default signed with the first key. */
  const signClaims = (claims: JWTPayload, { jwk, privateKey }: Key = key) =>
    new SignJWT(claims).setProtectedHeader({ alg: jwk.alg, kid: jwk.kid }).sign(privateKey);
  /** The claims of a token that is valid for an hour. */
  const claimsOf = (sub: string) => ({ iss: issuer, aud: audience, sub, exp: inSeconds(3_600) });
  const inSeconds = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds;

  return {
    issuer,
    audience,
    key,
    /** A token for `sub`. `expiresIn` in minutes or hours, such as `12h` or `-1m`. */
    sign(sub: string, expiresIn = "12h") {
      const [, count, unit] = /^(-?\d+)([mh])$/.exec(expiresIn) ?? [];
      const exp = inSeconds(Number(count) * (unit === "h" ? 3_600 : 60));
      return signClaims({ iss: issuer, aud: audience, sub, iat: inSeconds(0), exp });
    },
    signClaims,
    claimsOf,
    publish(keys: Key[]) {
      published = keys;
    },
    behave(next: typeof mode) {
      mode = next;
    },
    /** How often its keys were read. */
    reads: () => reads,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const audience = "keepsake";

type Key = Awaited<ReturnType<typeof newKey>>;

/** A key for an issuer to publish. */
export async function newKey(kid: string, alg = "ES256") {
  const { publicKey, privateKey } = await generateKeyPair(alg);
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg } };
}
