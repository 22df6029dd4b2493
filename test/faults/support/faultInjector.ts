import { setTimeout as sleep } from "node:timers/promises";

/** What a proxy does with a call: forwards it, loses the request or loses the response. */
export type Action = "forward" | "loseRequest" | "loseResponse" | Answer;
/** The proxy responds itself with `status`, or forwards after `delayMs`. */
type Answer = { status?: number; delayMs?: number };
export type Decide = (system: string, call: string) => Action;

/** Every way in which a call can fail, as docs/reliability.md describes it. */
export const faults = {
  requestLost: "the request is lost",
  responseLost: "the call takes effect and its response is lost",
  systemDown: "the called system is down from this call on",
  processKilled: "the process dies at this call, and none of its later calls take effect",
} as const;

export type Fault = { kind: keyof typeof faults; at: number };

/** Counts the calls that a piece of work makes, to whatever system, and makes one of them fail. */
export function faultInjector() {
  let run: { fault: Fault | undefined; calls: string[]; failedSystem?: string } | undefined;
  let inFlight = 0;

  return {
    /** Resolves to the outcome of the work, every call that it made, and whether the fault occurred. */
    async runWith<T>(work: () => Promise<T>, fault?: Fault) {
      run = { fault, calls: [] };
      const [outcome] = await Promise.allSettled([work()]);
      // calls that the work left in flight belong to it, and a cut connection must be noticed by its owner
      do await sleep(3);
      while (inFlight > 0);
      const { calls, failedSystem } = run;
      run = undefined;
      return { outcome, calls, hasFailed: failedSystem !== undefined };
    },
    decide(system: string, call: string): Action {
      if (!run) return "forward";
      const { fault, calls } = run;
      const at = calls.push(`${system}: ${call}`) - 1;
      if (!fault || at < fault.at) return "forward";
      if (at === fault.at) {
        run.failedSystem = system;
        return fault.kind === "responseLost" ? "loseResponse" : "loseRequest";
      }
      const isLost =
        fault.kind === "processKilled" ||
        (fault.kind === "systemDown" && system === run.failedSystem);
      return isLost ? "loseRequest" : "forward";
    },
    /** Registers a call in flight until the returned function is called. */
    startCall() {
      inFlight += 1;
      return () => {
        inFlight -= 1;
      };
    },
  };
}
