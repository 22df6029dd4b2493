export type PortraitGenerationFailure = "timeout" | "refused" | "failed" | "no_references";

/** A portrait could not be painted. The message is safe to log: it holds no key and no provider's words. */
export class PortraitGenerationError extends Error {
  override readonly name = "PortraitGenerationError";
  readonly reason: PortraitGenerationFailure;

  constructor(reason: PortraitGenerationFailure, options?: { cause?: unknown }) {
    super(`The portrait could not be painted: ${reason}`, options);
    this.reason = reason;
  }
}

export type CharacterGenerationFailure = "timeout" | "refused" | "busy" | "failed";

/** Characters could not be told. `retryAfterSeconds` when the provider said so. */
export class CharacterGenerationError extends Error {
  override readonly name = "CharacterGenerationError";
  readonly reason: CharacterGenerationFailure;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    reason: CharacterGenerationFailure,
    options: { retryAfterSeconds?: number | undefined } = {},
  ) {
    super(`The characters could not be told: ${reason}`);
    this.reason = reason;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
