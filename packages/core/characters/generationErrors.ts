export type PortraitGenerationFailure = "timeout" | "refused" | "failed" | "no_references";

/** A portrait could not be generated. The message is safe to log: it has no key and no provider's text. */
export class PortraitGenerationError extends Error {
  override readonly name = "PortraitGenerationError";
  readonly reason: PortraitGenerationFailure;

  constructor(reason: PortraitGenerationFailure, options?: { cause?: unknown }) {
    super(`The portrait could not be generated: ${reason}`, options);
    this.reason = reason;
  }
}

export type CharacterGenerationFailure = "timeout" | "refused" | "busy" | "failed";

/** Characters could not be generated. `retryAfterSeconds` is set when the provider said so. */
export class CharacterGenerationError extends Error {
  override readonly name = "CharacterGenerationError";
  readonly reason: CharacterGenerationFailure;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    reason: CharacterGenerationFailure,
    options: { retryAfterSeconds?: number | undefined } = {},
  ) {
    super(`The characters could not be generated: ${reason}`);
    this.reason = reason;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
