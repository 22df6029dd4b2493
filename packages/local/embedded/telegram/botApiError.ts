/** A failed call of the Bot API. Without a description, Telegram's own text for the code is used. */
export type BotApiFailure = {
  error_code: number;
  description?: string;
  retry_after?: number;
  /** Of the response, where it is not the code. */
  status?: number;
};

/** Throw it to respond with a failure. */
export class BotApiError extends Error {
  readonly failure: BotApiFailure;

  constructor(failure: BotApiFailure) {
    super(failure.description);
    this.failure = failure;
  }
}

export const badRequest = (reason: string) =>
  new BotApiError({ error_code: 400, description: `Bad Request: ${reason}` });
