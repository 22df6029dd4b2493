import { createServer } from "node:http";
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from "jose";
import { bind } from "./embedded/ports.ts";

const audience = "keepsake";

export type Issuer = Awaited<ReturnType<typeof startIssuer>>;

/**
 * Stands in for the OIDC issuer, on loopback: signs tokens with a key of its own, verifies them as AWS
 * would, and publishes the key where OpenID Connect Discovery says.
 */
export async function startIssuer() {
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
    stop() {
      server.close();
      server.closeAllConnections();
    },
    /** A token for `sub`. `expiresIn` as jose reads it, such as `12h` or `-1m`. */
    sign: (sub: string, expiresIn = "12h") =>
      new SignJWT({})
        .setProtectedHeader({ alg: "ES256", kid: "local" })
        .setSubject(sub)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(expiresIn)
        .sign(privateKey),

    /** The claims of a valid token, all as strings, as API Gateway passes them on; else undefined. */
    async verify(token: string): Promise<Record<string, string> | undefined> {
      try {
        const { payload } = await jwtVerify(token, keys, { issuer, audience });
        const claims = Object.entries(payload).map(([name, value]) => [name, asString(value)]);
        return Object.fromEntries(claims) as Record<string, string>;
      } catch {
        return undefined;
      }
    },
  };
}

const asString = (value: unknown) =>
  Array.isArray(value) ? `[${value.join(" ")}]` : String(value);
