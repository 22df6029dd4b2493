import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from "jose";

const issuer = "http://keepsake.local";
const audience = "keepsake";

export type Issuer = Awaited<ReturnType<typeof createIssuer>>;

/** Stands in for the OIDC issuer: signs tokens with a key of its own and verifies them as AWS would. */
export async function createIssuer() {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "local", alg: "ES256" };
  const keys = createLocalJWKSet({ keys: [jwk] });

  return {
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
