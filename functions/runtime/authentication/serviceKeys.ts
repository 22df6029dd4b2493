import { timingSafeEqual } from "node:crypto";
import { parseServiceKey, secretHash } from "@keepsake/core/serviceKeys/serviceKeys";
import type { LiveKey } from "@keepsake/core/serviceKeys/serviceKeys.sql";
import { refused } from "./caller.ts";

/** How long the live keys are kept: a revoked one stops within this time. */
const keptMs = 60_000;
/** The pause after a query that failed. */
const failedMs = 1_000;

/** The live service keys, all read in one query a minute: an id that does not exist costs none. */
export function serviceKeys(load: () => Promise<LiveKey[]>) {
  let read: { from: number; until: number; keys: Promise<Map<string, Buffer>> } | undefined;

  function live() {
    const now = Date.now();
    if (read && read.from <= now && now < read.until) return read.keys;
    const reading = { from: now, until: now + keptMs, keys: load().then(byId) };
    read = reading;
    reading.keys.catch(() => {
      reading.until = Date.now() + failedMs;
    });
    return reading.keys;
  }

  return {
    /** The id of a live key; throws `token.refused` for any other text. */
    async verify(text: string): Promise<string> {
      const key = parseServiceKey(text);
      const stored = key && (await live()).get(key.key_id);
      if (!key || !stored || !timingSafeEqual(secretHash(key.secret), stored))
        throw refused("The service key is not known here, or was revoked: use a live one");
      return key.key_id;
    },
    isLive: async (key_id: string) => (await live()).has(key_id),
  };
}

const byId = (keys: LiveKey[]) =>
  new Map(keys.map(({ key_id, sha256 }) => [key_id, Buffer.from(sha256, "hex")]));
