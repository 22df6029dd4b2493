import { CheckFailed } from "./doctor/check.ts";

/** What Discovery says about an issuer, and how many of its keys the functions can use. */
export async function readIssuer(jwtIssuer: string, signal: AbortSignal) {
  const discovery = await json(
    `${jwtIssuer.replace(/\/$/, "")}/.well-known/openid-configuration`,
    signal,
  );
  if (discovery.issuer !== jwtIssuer)
    throw new CheckFailed(
      `The issuer's discovery document names ${discovery.issuer}, but JWT_ISSUER is ${jwtIssuer}`,
      "set JWT_ISSUER to the name in the document, and deploy",
    );
  const { keys = [] } = (await json(`${discovery.jwks_uri}`, signal)) as {
    keys?: { kty: string; crv?: string }[];
  };
  const usable = keys.filter(
    ({ kty, crv = "" }) => kty === "RSA" || ["P-256", "Ed25519"].includes(crv),
  ).length;
  if (usable === 0)
    throw new CheckFailed(
      `${jwtIssuer} has no RSA, P-256 or Ed25519 key`,
      "configure it to sign with RS256, ES256 or EdDSA",
    );
  return { discovery, usable };
}

async function json(url: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`${url} responds with ${response.status}`);
  return (await response.json()) as Record<string, unknown>;
}
