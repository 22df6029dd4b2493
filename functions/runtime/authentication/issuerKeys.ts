import { AppError } from "@keepsake/contract/errors";
import { createLocalJWKSet } from "jose/jwks/local";
import { compactVerify } from "jose/jws/compact/verify";
import { refused } from "./caller.ts";
import { algorithms } from "./parseJwt.ts";

/** Keys that are older than this are read again, so that one that the issuer withdrew stops. */
const freshMs = 600_000;
/** The time between two reads, failed ones included; shorter after the first failure. */
const pauseMs = 30_000;
const firstPauseMs = 5_000;
const timeoutMs = 5_000;

type KeySet = ReturnType<typeof createLocalJWKSet>;

/**
 * The public keys of an issuer, kept for the life of the container. Known keys stay valid while the issuer
 * cannot be reached. However many tokens name unknown keys, the keys are read once in 30 s at most.
 */
export function issuerKeys(issuer: string) {
  let known: { keys: KeySet; at: number } | undefined;
  let reading: Promise<void> | undefined;
  let nextReadAt = 0;
  let failures = 0;
  let failure: unknown;

  /** Reads the keys, unless that was tried within the pause. Never rejects. */
  async function refresh(): Promise<void> {
    if (!reading && isPausing()) return;
    reading ??= fetchKeys(issuer)
      .then(
        (keys) => {
          known = { keys, at: Date.now() };
          failures = 0;
        },
        (error) => {
          failures += 1;
          failure = error;
        },
      )
      .finally(() => {
        nextReadAt = Date.now() + (failures === 1 ? firstPauseMs : pauseMs);
        reading = undefined;
      });
    await reading;
  }

  /** A clock that was set back ends the pause. */
  const isPausing = () => Date.now() < nextReadAt && nextReadAt - Date.now() <= pauseMs;

  const isFresh = () => known !== undefined && Math.abs(Date.now() - known.at) < freshMs;

  /**
   * Verifies the signature of a JWT. Throws `token.refused`, or `service.unavailable` when its key is not
   * known and the issuer did not answer within 5 s.
   */
  return async function verify(token: string): Promise<void> {
    if (known && isFresh() && (await isSigned(token, known.keys))) return;
    await refresh();
    if (known && (await isSigned(token, known.keys))) return;
    if (failures === 0) throw refused();
    throw new AppError("service.unavailable", "The token issuer does not answer: try again", {
      cause: failure,
      retryAfterSeconds: Math.max(1, Math.ceil((nextReadAt - Date.now()) / 1_000)),
    });
  };
}

/** False when the key is not among these. Throws `token.refused` when the signature is wrong. */
async function isSigned(token: string, keys: KeySet): Promise<boolean> {
  try {
    await compactVerify(token, keys, { algorithms });
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_JWKS_NO_MATCHING_KEY") return false;
    throw refused();
  }
}

async function fetchKeys(issuer: string): Promise<KeySet> {
  const signal = AbortSignal.timeout(timeoutMs);
  const configuration = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const { jwks_uri } = await fetchJson<{ jwks_uri: string }>(configuration, signal);
  const jwks = await fetchJson<{ keys: object[] }>(jwks_uri, signal);
  if (!jwks.keys?.length) throw new Error(`${jwks_uri} has no keys`);
  return createLocalJWKSet(jwks as Parameters<typeof createLocalJWKSet>[0]);
}

async function fetchJson<Body>(url: string, signal: AbortSignal): Promise<Body> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`${url} answers with ${response.status}`);
  return (await response.json()) as Body;
}
