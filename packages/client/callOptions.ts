/** What every method of the client takes as its last argument. */
export type CallOptions = {
  signal?: AbortSignal;
  /** Makes a request that creates rows safe to repeat. Generated when there is none. */
  idempotencyKey?: string;
};

/** What the methods that wait take. */
export type WaitOptions = { timeoutMs?: number; signal?: AbortSignal };
