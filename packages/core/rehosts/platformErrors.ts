/**
 * A platform will never give us this, so asking again cannot help: it is over a limit, no longer
 * there, or refused.
 */
export class PermanentError extends Error {
  override readonly name = "PermanentError";
  readonly reason: "too_large" | "gone" | "refused";

  constructor(reason: PermanentError["reason"], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** A platform cannot answer now, or not before its operator acted. */
export class RetryableError extends Error {
  override readonly name = "RetryableError";
  /** How long the platform wants to be left alone, where it said so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, options: RetryableErrorOptions = {}) {
    super(message, options.cause && { cause: options.cause });
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

type RetryableErrorOptions = {
  retryAfterSeconds?: number | undefined;
  /** Without an address in it: a platform's addresses hold secrets. */
  cause?: Error | undefined;
};
