import {
  isDatabaseConflict,
  isDatabaseUnavailable,
} from "@keepsake/adapters/cloud/databaseErrorKinds";
import { AppError, statuses } from "@keepsake/contract/errors";
import { RetryableError } from "@keepsake/core/outsideServiceErrors";
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { malformed, notJson } from "./jsonBody.ts";
import { logger, serializeError } from "./log.ts";

export type Response = APIGatewayProxyStructuredResultV2;

export function jsonResponse(
  statusCode: number,
  body: object,
  headers: Record<string, string> = {},
): Response {
  return {
    statusCode,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}

/** The response to any error: what `knownError` knows is shown, everything else is logged and hidden. */
export function errorResponse(error: unknown, request_id: string): Response {
  const known = knownError(error) ?? bodyParserError(error);
  if (!known || statuses[known.code] >= 500)
    logger.error("request failed", { request_id, error: serializeError(error) });
  const { code, message, details } =
    known ??
    new AppError("server.failed", "Something failed on our side: try again, then report the id");
  const retryAfter = known?.retryAfterSeconds;
  const headers = {
    ...(code === "token.refused" && { "www-authenticate": "Bearer" }),
    ...(retryAfter !== undefined && { "retry-after": String(retryAfter) }),
  };
  return jsonResponse(statuses[code], { error: { code, message, details, request_id } }, headers);
}

/**
 * An expected error as it is; a lost or refused database connection, a transaction that Postgres ended because of
 * another one, and a failure of another service that may pass, as `service.unavailable`. Undefined for any other error.
 */
export function knownError(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  if (error instanceof RetryableError)
    return new AppError("service.unavailable", "A service that this needs has failed: try again", {
      cause: error,
      retryAfterSeconds: error.retryAfterSeconds ?? 1,
    });
  if (isDatabaseConflict(error))
    return new AppError("service.unavailable", "Another request changed the same: try again", {
      cause: error as Error,
      retryAfterSeconds: 1,
    });
  if (!isDatabaseUnavailable(error)) return undefined;
  return new AppError("service.unavailable", "The database cannot be reached: try again", {
    cause: error,
    retryAfterSeconds: 1,
  });
}

/** An error of middy's JSON body parser as one of ours; undefined for any other error. */
function bodyParserError(error: unknown): AppError | undefined {
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode === 415) return notJson();
  if (statusCode !== 422) return undefined;
  return message?.startsWith("Forbidden key")
    ? new AppError("input.invalid", "The body has a key that is not allowed, such as __proto__")
    : malformed();
}
