/**
 * An outside service refused for good: the file is over a limit, deleted, or not given out. Trying again
 * cannot succeed.
 */
export class PermanentError extends Error {
  override readonly name = "PermanentError";
  readonly reason: "too_large" | "gone" | "refused";

  constructor(reason: PermanentError["reason"], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** An outside service failed for now, or until its operator acts. */
export class RetryableError extends Error {
  override readonly name = "RetryableError";
  /** How long the service asked us to wait, when it said so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, options: RetryableErrorOptions = {}) {
    super(message, options.cause && { cause: options.cause });
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/**
 * The name of an error, for a row: of its cause when the error only says that it may pass, and the code of a
 * network error, such as `ENOTFOUND`.
 */
export function reasonOf(error: unknown): string {
  if (error instanceof RetryableError && error.cause instanceof Error) return reasonOf(error.cause);
  if (!(error instanceof Error)) return "unknown error";
  const { code } = error as NodeJS.ErrnoException;
  return error.name === "Error" && code && /^E[A-Z_]+$/.test(code) ? code : error.name;
}

type RetryableErrorOptions = {
  retryAfterSeconds?: number | undefined;
  /** Must not contain a URL: a platform's URLs hold secrets. */
  cause?: Error | undefined;
};

/** The bucket holds other bytes under a key that is written once. */
export class KeyTakenError extends Error {
  override readonly name = "KeyTakenError";

  constructor(key: string, cause: unknown) {
    super(`${key} holds other bytes already`, { cause });
  }
}
