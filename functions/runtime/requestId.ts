import { AsyncLocalStorage } from "node:async_hooks";

const current = new AsyncLocalStorage<string>();

/**
 * Runs something for one request: every line that it logs and every message that it queues has this id. It
 * is API Gateway's for a request, and Lambda's for a run of a schedule.
 */
export const withRequestId = <Result>(request_id: string, run: () => Result): Result =>
  current.run(request_id, run);

/** The id of the request that is being served; undefined outside of one. */
export const requestId = () => current.getStore();
