import type { ErrorCode } from "./apiTypes.ts";

/** A failed request or upload. Its message says what to do next, and may be shown to people. */
export class KeepsakeError extends Error {
  override readonly name = "KeepsakeError";
  /** Why it failed. Later releases of the API add codes. */
  readonly code: ErrorCode;
  /** What a code adds, such as the worlds that use an image. */
  readonly details: object | undefined;
  /** Identifies the request in the logs of the API. */
  readonly requestId: string | undefined;
  /** After this time a retry may succeed. */
  readonly retryAfterSeconds: number | undefined;
  /** Of the response. Undefined when there was none, or the client found the error itself. */
  readonly status: number | undefined;

  constructor(code: ErrorCode, message: string, options: KeepsakeErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.details = options.details;
    this.requestId = options.requestId;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.status = options.status;
  }
}

type KeepsakeErrorOptions = {
  cause?: unknown;
  details?: object | undefined;
  requestId?: string | undefined;
  retryAfterSeconds?: number | undefined;
  status?: number | undefined;
};
