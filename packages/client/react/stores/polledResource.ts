import { errorOf } from "../../queue/failureReactions.ts";

/** Something that was loaded, and how its last request went. */
export type ResourceState<Data> = {
  /** What was loaded last. It stays when a later request fails, except when it no longer exists. */
  data: Data | undefined;
  status: "loading" | "ready" | "failed";
  /** Why the last request failed. */
  error: Error | undefined;
  /** The request in flight. */
  request: "load" | "more" | undefined;
};

type ResourceOptions<Data> = {
  load(signal: AbortSignal, current: Data | undefined): Promise<Data>;
  /** Whether the server is still working on it: then it is loaded again, until it is not. */
  isPending(data: Data): boolean;
  /** Whether this error says that it no longer exists. */
  isGone?(error: unknown): boolean;
  /** Whether it is loaded again when its tab is shown again. */
  reloadsWhenShown?: boolean;
};

export type Resource<Data> = {
  subscribe(listener: () => void): () => void;
  getSnapshot(): ResourceState<Data>;
  /** Components are subscribed. */
  isActive(): boolean;
  /** Loads it again. Resolves when that succeeded or failed. */
  refresh(): Promise<void>;
  /** Adds to what was loaded, after the request in flight. */
  more(load: (signal: AbortSignal, current: Data) => Promise<Data>): Promise<void>;
  /** Changes what was loaded, without a request. */
  change(change: (data: Data) => Data): void;
};

/** What is older is loaded again when it is shown again. */
const freshMs = 5_000;
const firstPollMs = 250;
const longestPollMs = 3_000;

export const initialState: ResourceState<never> = {
  data: undefined,
  status: "loading",
  error: undefined,
  request: undefined,
};

/**
 * A store of something on the server. It is loaded when the first component subscribes; its requests and timers end
 * soon after the last has gone. While it is pending it is polled, less and less often, and never in a hidden tab.
 */
export function createPolledResource<Data>(options: ResourceOptions<Data>): Resource<Data> {
  let state: ResourceState<Data> = initialState;
  let loadedAt = Number.NEGATIVE_INFINITY;
  let polls = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: { controller: AbortController; done: Promise<void> } | undefined;
  let isActive = false;
  /** Changes since the request in flight began: its response may not include them. */
  let changes: ((data: Data) => Data)[] = [];
  const listeners = new Set<() => void>();

  function set(changed: Partial<ResourceState<Data>>) {
    state = { ...state, ...changed };
    for (const listener of [...listeners]) listener();
  }

  function start() {
    if (isActive) return;
    isActive = true;
    document.addEventListener("visibilitychange", onShown);
    addEventListener("online", onOnline);
    if (performance.now() - loadedAt > freshMs) void refresh();
    else poll();
  }

  function stop() {
    if (listeners.size > 0 || !isActive) return;
    isActive = false;
    document.removeEventListener("visibilitychange", onShown);
    removeEventListener("online", onOnline);
    clearTimeout(timer);
    running?.controller.abort();
  }

  function onShown() {
    clearTimeout(timer);
    if (document.visibilityState === "hidden") return;
    const isOld = performance.now() - loadedAt > freshMs;
    if (options.reloadsWhenShown && isOld && !running) void refresh();
    polls = 0;
    poll();
  }

  function onOnline() {
    if (state.status === "failed") void refresh();
  }

  function poll() {
    clearTimeout(timer);
    const { data } = state;
    if (!isActive || running || !data || !options.isPending(data)) return;
    if (document.visibilityState === "hidden") return;
    const ms = Math.min(firstPollMs * 1.3 ** polls, longestPollMs);
    polls += 1;
    timer = setTimeout(() => void run("load", options.load), ms);
  }

  /** Runs a request in place of the one in flight. */
  function run(request: "load" | "more", load: ResourceOptions<Data>["load"]): Promise<void> {
    running?.controller.abort();
    clearTimeout(timer);
    const controller = new AbortController();
    const isCurrent = () => running?.controller === controller;
    changes = [];
    const done = load(controller.signal, state.data)
      .then(
        (loaded) => {
          if (!isCurrent()) return;
          const data = changes.reduce((data, change) => change(data), loaded);
          loadedAt = performance.now();
          running = undefined;
          set({ data, status: "ready", error: undefined, request: undefined });
        },
        (thrown: unknown) => {
          if (!isCurrent()) return;
          running = undefined;
          if (controller.signal.aborted) return set({ request: undefined });
          const error = errorOf(thrown);
          const isGone = options.isGone?.(error);
          set({ status: "failed", error, request: undefined, ...(isGone && { data: undefined }) });
        },
      )
      .finally(poll);
    running = { controller, done };
    set({ request });
    return done;
  }

  function refresh(): Promise<void> {
    polls = 0;
    return run("load", options.load);
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      start();
      return () => {
        listeners.delete(listener);
        // StrictMode unsubscribes and subscribes again at once
        if (listeners.size === 0) setTimeout(stop);
      };
    },
    getSnapshot: () => state,
    isActive: () => isActive,
    refresh,
    async more(load) {
      if (state.request === "more") return running?.done;
      while (running) await running.done;
      const { data } = state;
      if (!data) return refresh();
      return run("more", (signal) => load(signal, data));
    },
    change(change) {
      if (running) changes.push(change);
      if (state.data) set({ data: change(state.data) });
    },
  };
}
