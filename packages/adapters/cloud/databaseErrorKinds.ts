/** What postgres.js calls a connection that it lost, closed or could not open in time. */
const driverCodes = [
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "CONNECT_TIMEOUT",
];

/**
 * SQLSTATE classes 08 (connection; a pooler's own errors too) and 53 (out of connections, memory or disk),
 * and 57P0x (the server shuts down, starts or closed the session).
 */
const sqlStates = /^(08|53)...$|^57P0.$/;

/** `ECONNRESET` and its like; `ERR_…` are mistakes in code or configuration, which do not pass. */
const socketCodes = /^E(?!RR_)[A-Z_]+$/;

/**
 * Whether an error says that Postgres could not be reached or had no connection to give. Whether the
 * statement ran is unknown. Socket errors of other systems do not count: the driver's carry a query.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  const code = String(error.code);
  if (driverCodes.includes(code)) return true;
  return "query" in error && (sqlStates.test(code) || socketCodes.test(code));
}

/** Whether Postgres ended a transaction because of another one (deadlock, serialization): a repeat can succeed. */
export const isDatabaseConflict = (error: unknown): boolean =>
  error instanceof Error &&
  "query" in error &&
  "code" in error &&
  /^40(P01|001)$/.test(String(error.code));
