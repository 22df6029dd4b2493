import { reasonOf } from "../../doctor/check.ts";
import { readIssuer } from "../../readIssuer.ts";
import { Problem } from "../answerProblem.ts";

/** Reads the issuer's Discovery document and keys. Resolves to the origins of its endpoints that differ from its own. */
export async function checkIssuer(issuer: string): Promise<{ text: string; origins: string[] }> {
  const url = URL.parse(issuer);
  if (url?.protocol !== "https:")
    throw new Problem(`The issuer must be an https address, not "${issuer}"`);
  const { discovery, usable } = await readIssuer(issuer, AbortSignal.timeout(10_000)).catch(
    (error) => {
      if (error.name === "CheckFailed") throw error;
      throw new Problem(
        `${url.host} has no OpenID Connect discovery document with keys (${reasonOf(error)})`,
      );
    },
  );
  const endpoints = [
    discovery.authorization_endpoint,
    discovery.token_endpoint,
    discovery.userinfo_endpoint,
    discovery.end_session_endpoint,
  ];
  const origins = endpoints.flatMap((endpoint) => URL.parse(`${endpoint}`)?.origin ?? []);
  return {
    text: `${issuer} is reachable; keys: ${usable}`,
    origins: [...new Set(origins)].filter((origin) => origin !== url.origin),
  };
}
