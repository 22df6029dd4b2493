export type PaintingProblem = "timeout" | "refused" | "failed" | "no_references";

/** A portrait could not be painted. The message is safe to log: it holds no key and no provider's words. */
export class PaintingFailed extends Error {
  override readonly name = "PaintingFailed";
  readonly reason: PaintingProblem;

  constructor(reason: PaintingProblem, options?: { cause?: unknown }) {
    super(`The portrait could not be painted: ${reason}`, options);
    this.reason = reason;
  }
}

export type TellingProblem = "timeout" | "refused" | "busy" | "failed";

/** Characters could not be told. `retryAfterSeconds` when the provider said so. */
export class TellingFailed extends Error {
  override readonly name = "TellingFailed";
  readonly reason: TellingProblem;
  readonly retryAfterSeconds: number | undefined;

  constructor(reason: TellingProblem, options: { retryAfterSeconds?: number | undefined } = {}) {
    super(`The characters could not be told: ${reason}`);
    this.reason = reason;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
