/**
 * A platform will never give us this, so asking again cannot help: it is over a limit, no longer
 * there, or refused.
 */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
  readonly reason: "too_large" | "gone" | "refused";

  constructor(reason: Unavailable["reason"], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** A platform cannot answer now, or not before its operator acted. */
export class TryLater extends Error {
  override readonly name = "TryLater";
  /** How long the platform wants to be left alone, where it said so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, options: TryLaterOptions = {}) {
    super(message, options.cause && { cause: options.cause });
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

type TryLaterOptions = {
  retryAfterSeconds?: number | undefined;
  /** Without an address in it: a platform's addresses hold secrets. */
  cause?: Error | undefined;
};
