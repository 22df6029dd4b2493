/** Locks of the browser, which it releases when their tab is closed, reloaded or crashes. Absent without https. */
const { locks } = navigator as { locks?: LockManager };

/** Marks a tab as alive until the returned function is called. */
export function holdTab(tab: string): () => void {
  const held = Promise.withResolvers<void>();
  locks?.request(lockOf(tab), () => held.promise);
  return held.resolve;
}

/** Calls `onEnd` when a tab is gone; at once without locks. Returns how to stop waiting. */
export function whenTabEnds(tab: string, onEnd: () => void): () => void {
  const waiting = new AbortController();
  const { signal } = waiting;
  if (locks)
    locks.request(lockOf(tab), { signal }, onEnd).catch(() => {}); // stopped waiting
  else queueMicrotask(onEnd);
  return () => waiting.abort();
}

/** One tab at a time. */
export const alone = <Result>(name: string, work: () => Promise<Result>): Promise<Result> =>
  locks ? (locks.request(name, work) as Promise<Result>) : work();

const lockOf = (tab: string) => `keepsake tab ${tab}`;
