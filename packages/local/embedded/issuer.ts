import { createServer } from "node:http";
import { tokenVerifier } from "@keepsake/functions/runtime/token";
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from "jose";
import { bind } from "./listen.ts";

const audience = "keepsake";

export type Issuer = {
  issuer: string;
  audience: string;
  /** False when it stands in for one, and signs anybody in. */
  isReal: boolean;
  /** The claims of a valid token, all as strings, as API Gateway passes them on; else undefined. */
  verify(token: string): Promise<Record<string, string> | undefined>;
  /** A token for `sub`. `expiresIn` as jose reads it, such as `12h` or `-1m`. */
  sign(sub: string, expiresIn?: string): Promise<string>;
  stop(): void;
};

/** An issuer somewhere else, found by OpenID Connect Discovery. It signs people in by itself. */
export function realIssuer({ issuer, audience }: { issuer: string; audience: string }): Issuer {
  const verify = tokenVerifier({ issuer, audience });
  return {
    issuer,
    audience,
    isReal: true,
    verify: (token) => verify(`Bearer ${token}`).then(asStrings, () => undefined),
    sign() {
      throw new Error(`Only ${issuer} signs its tokens`);
    },
    stop() {},
  };
}

/**
 * Stands in for the OIDC issuer, on loopback: signs tokens with a key of its own, verifies them as AWS
 * would, and publishes the key where OpenID Connect Discovery says.
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
  const issuer = `http://127.0.0.1:${await bind(server, 0)}`;

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
