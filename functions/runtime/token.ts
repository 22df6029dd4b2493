import { AppError } from "@keepsake/contract/errors";
import { createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from "jose";

/** The `Auth` link: the issuer whose tokens are accepted, and the audience they must name. */
export type AuthLink = { issuer: string; audience: string };

/**
 * Verifies bearer tokens as API Gateway's authorizer does, for functions without one. The issuer's keys
 * are fetched once and kept. Resolves to the claims; throws `token.refused`, or `service.unavailable`
 * when the issuer cannot be reached within 5 s.
 */
export function tokenVerifier({ issuer, audience }: AuthLink) {
  let keys: Promise<JWTVerifyGetKey> | undefined;

  return async (authorization: string | undefined): Promise<Record<string, unknown>> => {
    const [, token] = /^Bearer (\S+)$/i.exec(authorization ?? "") ?? [];
    if (token === undefined) throw refused();
    keys ??= fetchKeys(issuer);
    const getKey = await keys.catch((cause) => {
      keys = undefined; // try again with the next request
      throw new AppError("service.unavailable", "The token issuer does not answer: try again", {
        cause,
      });
    });
    try {
      return (await jwtVerify(token, getKey, { issuer, audience })).payload;
    } catch {
      throw refused();
    }
  };
}

async function fetchKeys(issuer: string): Promise<JWTVerifyGetKey> {
  const configuration = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const response = await fetch(configuration, { signal: AbortSignal.timeout(5_000) });
  const { jwks_uri } = (await response.json()) as { jwks_uri: string };
  return createRemoteJWKSet(new URL(jwks_uri));
}

const refused = () =>
  new AppError("token.refused", "The token is missing, expired or not valid here: sign in again");
