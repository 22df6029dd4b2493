import { requestId } from "./requestId.ts";

const levels = ["INFO", "WARN", "ERROR", "SILENT"] as const;
type Level = Exclude<(typeof levels)[number], "SILENT">;

/**
 * Structured logs: one JSON object a line, with Lambda's own names for level and time. Every logged field
 * is named: never log an event, a body or a row. A line that is written for a request has its `request_id`. `LOG_LEVEL` sets the lowest level that is written.
 */
export const logger = { info: writer("INFO"), warn: writer("WARN"), error: writer("ERROR") };

function writer(level: Level) {
  return (message: string, fields: object = {}) => {
    if (levels.indexOf(level) < levels.indexOf(lowestLevel())) return;
    const timestamp = new Date().toISOString();
    const request_id = requestId();
    const line = { level, timestamp, service: "keepsake", message, request_id, ...fields };
    // not through console: Lambda would wrap the line in another object
    process.stdout.write(`${JSON.stringify(line)}\n`);
  };
}

const lowestLevel = () => (process.env.LOG_LEVEL ?? "INFO") as (typeof levels)[number];

/** Logs that Telegram did not accept a reply to what a user did. */
export const logUndelivered = (kind: string, error: unknown) =>
  logger.warn("a reply was not delivered", { kind, error: serializeError(error) });

/**
 * Logs why something failed whose row or response does not say so: once per failure, with ids of what it was.
 */
export const logFailure = (message: string, error: unknown, ids: object = {}) =>
  logger.warn(message, { ...ids, error: serializeError(error) });

/**
 * The fields of an error that are safe to log. A database error carries rows in its other fields, and
 * rows carry images.
 */
export function serializeError(error: unknown): object {
  if (!(error instanceof Error)) return { name: typeof error };
  const { name, message, stack, cause } = error;
  return {
    name,
    message: message.slice(0, 1_000),
    stack: stack?.slice(0, 4_000),
    ...(cause !== undefined && { cause: serializeError(cause) }),
  };
}
