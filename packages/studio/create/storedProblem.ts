import { type ErrorCode, KeepsakeError } from "@keepsake/client";

/** An error as a browser stores it. Without a code, it is one of the page itself. */
export type StoredProblem = {
  code?: ErrorCode;
  message: string;
  details?: object | undefined;
  requestId?: string | undefined;
  status?: number | undefined;
};

export function storedProblem(error: unknown): StoredProblem {
  if (!(error instanceof KeepsakeError)) return { message: `${error}` };
  const { code, message, requestId, retryAfterSeconds, status } = error;
  const next_at = retryAfterSeconds && new Date(Date.now() + retryAfterSeconds * 1_000);
  const details = { ...(next_at && { next_at: next_at.toISOString() }), ...error.details };
  return { code, message, details, requestId, status };
}

export const errorOf = ({ code, message, ...options }: StoredProblem): Error =>
  code ? new KeepsakeError(code, message, options) : new Error(message);

/** Whether the same request may succeed later: nothing about it was wrong. */
export const isTemporary = ({ code, status }: StoredProblem): boolean =>
  code !== undefined && (code === "service.unavailable" || status === undefined || status >= 500);

/** Whether the API certainly did nothing. Otherwise a response may have been lost. */
export const isRejected = ({ code, status = 0 }: StoredProblem): boolean =>
  code !== undefined && status >= 400 && status < 500 && ![401, 408, 429].includes(status);
