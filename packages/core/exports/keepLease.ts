import { setTimeout as sleep } from "node:timers/promises";
import type { Services } from "../ports.ts";
import { type ClaimedFile, renew, renewSeconds } from "./exportFiles.sql.ts";

/**
 * Renews the lease of a zip every 20 seconds until `stop` is called. The signal aborts when it is lost: the export was
 * deleted, or another consumer has taken over. A renewal that fails is tried again: the lease lasts for four.
 */
export function keepLease(
  { sql }: Pick<Services, "sql">,
  file: ClaimedFile,
  everySeconds = renewSeconds,
) {
  const stopping = new AbortController();
  const lost = new AbortController();
  const renewing = (async () => {
    while (!stopping.signal.aborted) {
      await sleep(everySeconds * 1_000, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      if (!(await renew(sql, file).catch(() => true))) return lost.abort(new LeaseLostError());
    }
  })();
  return {
    signal: lost.signal,
    async stop() {
      stopping.abort();
      await renewing;
    },
  };
}

class LeaseLostError extends Error {
  override readonly name = "LeaseLostError";
}
