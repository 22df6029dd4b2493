import type { LiveKey } from "@keepsake/core/serviceKeys/serviceKeys.sql";
import { type Caller, callerFromClaims, callerFromHeader, refused } from "./caller.ts";
import { issuerTokens } from "./issuerTokens.ts";
import { pageTokenIssuer, pageTokens } from "./pageTokens.ts";
import { parseJwt } from "./parseJwt.ts";
import { serviceKeys } from "./serviceKeys.ts";

/** The `Auth` link. `issuer` is empty when none is configured; `pageTokenKey` is in base64. */
export type AuthLink = { issuer: string; audience: string; pageTokenKey: string };

type Headers = Record<string, string | undefined>;

/**
 * Who sends a request, by its headers: a user with a JWT of the configured issuer or with a page token, or a
 * backend with a service key. Throws `token.refused`, and `service.unavailable` when the issuer or the
 * database cannot be reached. A credential of a wrong shape or of another issuer costs no query and no
 * request to the issuer.
 */
export function authentication(
  { issuer, audience, pageTokenKey }: AuthLink,
  loadLiveKeys: () => Promise<LiveKey[]>,
) {
  const keys = serviceKeys(loadLiveKeys);
  const verifyIssuerToken = issuerTokens({ issuer, audience });
  const tokens = pageTokens(pageTokenKey);

  return {
    /** The owner that the caller is, or that a service key acts for: `owner.missing` without the header. */
    async user(headers: Headers): Promise<Caller> {
      const credential = bearerOf(headers);
      if (credential.startsWith("ks_")) {
        await keys.verify(credential);
        return callerFromHeader(headers["keepsake-owner"]);
      }
      const token = parseJwt(credential);
      if (!token) throw refused();
      const caller = callerFromClaims(token.claims);
      if (token.claims.iss === pageTokenIssuer) {
        if (!(await keys.isLive(tokens.verify(token)))) throw refused();
      } else if (issuer !== "") await verifyIssuerToken(token);
      else throw refused();
      return caller;
    },
    /** The id of the caller's service key. */
    service: (headers: Headers): Promise<string> => keys.verify(bearerOf(headers)),
  };
}

function bearerOf({ authorization = "" }: Headers): string {
  const [, credential] = /^Bearer (\S+)$/i.exec(authorization) ?? [];
  if (credential === undefined) throw refused();
  return credential;
}
