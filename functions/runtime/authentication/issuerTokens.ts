import { refused } from "./caller.ts";
import { algorithms, isCurrent, type ParsedJwt } from "./parseJwt.ts";

/**
 * Verifies the JWTs of an OpenID Connect issuer. What the claims alone say is checked before the issuer's
 * keys are read. Throws `token.refused`, or `service.unavailable` when the issuer cannot be reached.
 */
export function issuerTokens({ issuer, audience }: { issuer: string; audience: string }) {
  let verifying: Promise<(token: string) => Promise<void>> | undefined;

  return async function verify({ text, header, claims }: ParsedJwt): Promise<void> {
    const isAllowed = algorithms.includes(String(header.alg)) && !("crit" in header);
    if (!isAllowed || claims.iss !== issuer || !isCurrent(claims)) throw refused();
    if (!isFor(audience, claims)) throw refused();
    // with jose, which other credentials do not need: outside the code that every cold start runs
    verifying ??= import("./issuerKeys.ts").then(({ issuerKeys }) => issuerKeys(issuer));
    const verifySignature = await verifying;
    await verifySignature(text);
  };
}

/** Access tokens of Cognito have a `client_id` and no `aud`. */
function isFor(audience: string, { aud, client_id }: ParsedJwt["claims"]): boolean {
  if (aud === undefined) return client_id === audience;
  return Array.isArray(aud) ? aud.includes(audience) : aud === audience;
}
