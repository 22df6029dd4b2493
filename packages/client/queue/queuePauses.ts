/** Why a queue starts no files: the connection failed, or the server takes no more for a while. */
type PauseReason = "connection" | "server";

export type Pauses = {
  /** Why it pauses now; undefined when it does not. */
  reason(): PauseReason | undefined;
  /** True from a failure until something works: then one file at a time is tried. */
  isTrying(): boolean;
  /** Pauses for these seconds, or for longer and longer. */
  pause(why: PauseReason, seconds?: number): void;
  /** Something worked: the next failure starts with a short pause. */
  worked(): void;
  /** Ends the pause now. */
  end(): void;
  stop(): void;
};

const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

/**
 * Pauses of a queue, each up to twice as long as the one before, until something works. Also ends them when the
 * browser is online again, since `navigator.onLine` alone says nothing about the API. `onEnd` runs after a pause.
 */
export function createPauses(onEnd: () => void): Pauses {
  let reason: PauseReason | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  return {
    reason: () => reason,
    isTrying: () => failures > 0,
    pause(why, seconds) {
      if (reason !== undefined && seconds === undefined) return; // several files failed at once
      clearTimeout(timer);
      reason = why;
      const backoffMs = Math.min(firstPauseMs * 2 ** failures, longestPauseMs);
      failures += 1;
      const ms = seconds === undefined ? backoffMs * (0.75 + Math.random() / 2) : seconds * 1_000;
      timer = setTimeout(end, ms);
    },
    worked() {
      failures = 0;
    },
    end,
    stop() {
      clearTimeout(timer);
      reason = undefined;
      failures = 0;
    },
  };

  function end() {
    clearTimeout(timer);
    if (reason === undefined) return;
    reason = undefined;
    onEnd();
  }
}
