import type { ScheduleName } from "@keepsake/contract/schedules";
import type { Functions } from "../loadFunctions.ts";
import { invoke } from "./lambda.ts";

/** EventBridge Scheduler: invokes every scheduled function at its interval, and logs its errors. */
export function startScheduler(
  functions: Functions["schedules"],
  everyMinutes: Record<ScheduleName, number>,
) {
  const timers = (Object.keys(everyMinutes) as ScheduleName[]).map((name) =>
    setInterval(() => {
      invoke(functions[name], {}).catch((error) => console.error(error));
    }, everyMinutes[name] * 60_000),
  );
  return {
    stop() {
      for (const timer of timers) clearInterval(timer);
    },
  };
}
