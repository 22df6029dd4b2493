const levels = ["INFO", "WARN", "ERROR", "SILENT"] as const;
type Level = Exclude<(typeof levels)[number], "SILENT">;

/**
 * Structured logs: a line of JSON each, with Lambda's own names for level and time. What is logged is
 * named field by field: never an event, a body or a row. `LOG_LEVEL` says from which level on.
 */
export const logger = { info: writer("INFO"), warn: writer("WARN"), error: writer("ERROR") };

function writer(level: Level) {
  return (message: string, fields: object = {}) => {
    if (levels.indexOf(level) < levels.indexOf(leastLevel())) return;
    const timestamp = new Date().toISOString();
    const line = { level, timestamp, service: "keepsake", message, ...fields };
    // not by console: Lambda would wrap the line in another one
    process.stdout.write(`${JSON.stringify(line)}\n`);
  };
}

const leastLevel = () => (process.env.LOG_LEVEL ?? "INFO") as (typeof levels)[number];

/**
 * What a log may hold of an error. Database errors carry rows in their other fields, and rows carry
 * images.
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
