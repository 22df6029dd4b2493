import { createServer } from "node:http";
import { tokenVerifier } from "@keepsake/functions/runtime/token";
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from "jose";
import { guard } from "./guard.ts";
import { bind } from "./listen.ts";

const audience = "keepsake";

export type Issuer = {
  issuer: string;
  audience: string;
  /** False for the embedded issuer, which issues a token for any name. */
  isReal: boolean;
  /** The claims of a valid token, all as strings as API Gateway passes them; undefined for an invalid one. */
  verify(token: string): Promise<Record<string, string> | undefined>;
  /** A token for `sub`. `expiresIn` in jose's format, such as `12h` or `-1m`. Throws for a real issuer. */
  sign(sub: string, expiresIn?: string): Promise<string>;
  stop(): void;
};

/** An external issuer, found by OpenID Connect Discovery. Its tokens can be verified, not issued, here. */
export function realIssuer({ issuer, audience }: { issuer: string; audience: string }): Issuer {
  const verify = tokenVerifier({ issuer, audience });
  return {
    issuer,
    audience,
    isReal: true,
    verify: (token) => verify(`Bearer ${token}`).then(asStrings, () => undefined),
    sign() {
      throw new Error(`Only ${issuer} can issue its tokens`);
    },
    stop() {},
  };
}

/**
 * The embedded OIDC issuer on loopback: signs tokens with a key of its own, verifies them as AWS does, and
 * publishes the key by OpenID Connect Discovery.
 */
export async function startIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "local", alg: "ES256" };
  const keys = createLocalJWKSet({ keys: [jwk] });

  const server = createServer(({ url }, response) => {
    const documents: Record<string, object> = {
      "/.well-known/openid-configuration": { issuer, jwks_uri: `${issuer}/jwks.json` },
      "/jwks.json": { keys: [jwk] },
    };
    const document = documents[url ?? ""];
    response.writeHead(document ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(document ?? {}));
  });
  const issuer = `http://127.0.0.1:${await bind(guard(server), 0)}`;

  return {
    issuer,
    audience,
    isReal: false,
    stop() {
      server.close();
      server.closeAllConnections();
    },
    sign: (sub, expiresIn = "12h") =>
      new SignJWT({})
        .setProtectedHeader({ alg: "ES256", kid: "local" })
        .setSubject(sub)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(expiresIn)
        .sign(privateKey),

    verify: (token) =>
      jwtVerify(token, keys, { issuer, audience }).then(
        ({ payload }) => asStrings(payload),
        () => undefined,
      ),
  };
}

const asStrings = (claims: object) =>
  Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, asString(value)]));

const asString = (value: unknown) =>
  Array.isArray(value) ? `[${value.join(" ")}]` : String(value);
