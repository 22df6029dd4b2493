/** Every error code that a caller can receive, with its HTTP status. Codes are `noun.problem`. */
export const statuses = {
  "body.malformed": 400,
  "token.refused": 401,
  "webhook.refused": 401,
  "route.not_found": 404,
  "world.not_found": 404,
  "piece.not_found": 404,
  "portrait.not_found": 404,
  "upload.not_found": 404,
  "image.not_found": 404,
  "erasure.not_found": 404,
  "dataset.not_found": 404,
  "item.not_found": 404,
  "export.not_found": 404,
  "idempotency_key.reused": 409,
  "world.full": 409,
  "upload.not_received": 409,
  "upload.completed": 409,
  "owner.full": 409,
  "dataset.full": 409,
  "dataset.too_many": 409,
  "upload.refused": 403,
  "image.in_use": 409,
  "image.not_published": 409,
  "image.private": 409,
  "export.running": 409,
  "upload.expired": 410,
  "image.deleted": 410,
  "request.too_large": 413,
  "world.too_large": 413,
  "body.not_json": 415,
  "input.invalid": 422,
  "owner.missing": 422,
  "piece.not_a_character": 422,
  "upload.altered": 422,
  "source.refused": 422,
  "source.too_large": 422,
  "source.gone": 422,
  "image.not_base64": 422,
  "image.mislabelled": 422,
  "image.unsupported": 422,
  "image.too_large": 422,
  "image.bad_dimensions": 422,
  "image.damaged": 422,
  "image.too_complex": 422,
  "image.carries_data": 422,
  "dataset.empty": 422,
  "dataset.control_missing": 422,
  "reference.unsupported": 422,
  "export.too_large": 422,
  "generation.refused": 422,
  "upload.too_many": 429,
  "link.too_many": 429,
  "export.too_many": 429,
  "generation.too_many": 429,
  "generation.busy": 429,
  "server.failed": 500,
  "generation.failed": 502,
  "export.failed": 502,
  "service.unavailable": 503,
  "portrait.late": 504,
  "export.late": 504,
  "generation.late": 504,
} as const;

export type ErrorCode = keyof typeof statuses;

/** An expected error, safe to show to a caller. Any other error is a bug, shown as `server.failed`. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  readonly details: object | undefined;
  /** Identifies the request in the logs. Set on errors that the client received. */
  readonly requestId: string | undefined;
  /** After this time a retry may succeed. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.details = options.details;
    this.requestId = options.requestId;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

type AppErrorOptions = {
  cause?: unknown;
  details?: object | undefined;
  requestId?: string | undefined;
  retryAfterSeconds?: number | undefined;
};
