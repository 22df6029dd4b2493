import type { Mutant } from "./mutant.ts";

const pool = "packages/adapters/cloud/connectionPool.ts";
const errors = "packages/adapters/cloud/databaseErrors.ts";
const http = "packages/adapters/http.ts";
const retryAfter = "packages/adapters/retryAfter.ts";

/** Connections to Postgres, deadlines, and how long callers and platforms ask us to wait. */
export const connections: Mutant[] = [
  {
    name: "queries of a transaction are sent ahead",
    file: pool,
    find: "last = last.then(() => run(query));",
    replace: "run(query);",
  },
  {
    name: "a connection is free before its query is answered",
    file: pool,
    find: "          if (error !== undefined && !isRejectedStatement(error)) held.discard();\n          held.release();\n        });\n        internals(held.driver).handler(query);",
    replace:
      "          if (error !== undefined && !isRejectedStatement(error)) held.discard();\n        });\n        internals(held.driver).handler(query);\n        held.release();",
  },
  {
    name: "a waiting query is forgotten",
    file: pool,
    find: "        if (next) next(connection);\n        else free.push(connection);",
    replace: "        free.push(connection);",
  },
  {
    name: "an idle connection is used without a probe",
    file: pool,
    find: "if (driver && Date.now() - usedAt > probeAfterMs && !(await answers(driver, connection))) {",
    replace: "if (driver && Date.now() - usedAt > 1e9 && !(await answers(driver, connection))) {",
  },
  {
    name: "a probe waits for ever",
    file: pool,
    find: "const probeTimeoutMs = 1_000;",
    replace: "const probeTimeoutMs = 100_000;",
  },
  {
    name: "a connection is used again after a mistake in a query",
    file: pool,
    find: "          if (error !== undefined && !isRejectedStatement(error)) held.discard();\n",
    replace: "",
  },
  {
    name: "a connection is replaced after a rejected statement",
    by: "test/adapters/postgres.test.ts > stays the same after a rejected statement",
    file: pool,
    find: '(error as { severity?: string } | null)?.severity === "ERROR";',
    replace: '(error as { severity?: string } | null)?.severity === "NEVER";',
  },
  {
    name: "a cancelled query keeps its connection",
    file: pool,
    find: "      query.reject(cancelledError());\n",
    replace: '      query.reject(Object.assign(cancelledError(), { severity: "ERROR" }));\n',
  },
  {
    name: "a closed connection is a failure of ours",
    file: errors,
    find: '  "CONNECTION_CLOSED",\n',
    replace: "",
  },
  {
    name: "a server without connections is a failure of ours",
    file: errors,
    find: "/^(08|53)...$|^57P0.$/",
    replace: "/^08...$|^57P0.$/",
  },
  {
    name: "a server that starts is a failure of ours",
    file: errors,
    find: "/^(08|53)...$|^57P0.$/",
    replace: "/^(08|53)...$/",
  },
  {
    name: "every database error is an unavailable database",
    by: "test/security/logs.test.ts > does not see",
    file: errors,
    find: 'return "query" in error && (sqlStates.test(code) || socketCodes.test(code));',
    replace: 'return "query" in error;',
    tests: ["test/adapters/postgres.test.ts", "test/security/badInput.test.ts"],
  },
  {
    name: "an unavailable database has no retry-after",
    by: "test/faults/databaseDown.test.ts > lost in a transaction",
    file: "functions/runtime/response.ts",
    find: "    cause: error,\n    retryAfterSeconds: 1,\n",
    replace: "    cause: error,\n",
  },
  {
    name: "an error's wait is not in retry-after",
    file: "functions/runtime/response.ts",
    find: '...(retryAfter !== undefined && { "retry-after": String(retryAfter) })',
    replace: "...(retryAfter !== undefined && {})",
    tests: ["test/api/presignUpload.test.ts", "test/faults/databaseDown.test.ts"],
  },
  {
    name: "the health check waits for ever",
    by: "test/faults/databaseDown.test.ts > answers 503",
    file: "packages/core/health.ts",
    find: "const timeoutMs = 4_000;",
    replace: "const timeoutMs = 400_000;",
  },
  {
    name: "a call that misses its deadline keeps its socket",
    file: http,
    find: "    outgoing?.destroy(); // has",
    replace: "    // has",
  },
  {
    name: "a deadline covers the response's head only",
    file: http,
    find: "    return await Promise.race([attempt(), deadline.promise]);",
    replace: "    return await attempt();",
  },
  {
    name: "a deadline leaves a timer behind",
    file: http,
    find: "    clearTimeout(timer);\n    outgoing",
    replace: "    outgoing",
  },
  {
    name: "a request on a connection that the server closed is not sent again",
    by: "test/adapters/http.test.ts > just closed by the server",
    file: http,
    find: "if (sent.reusedSocket && !isOver) return undefined;",
    replace: "",
    tests: ["test/adapters/deadlines.test.ts", "test/adapters/platforms.test.ts"],
  },
  {
    name: "a switch of protocols is waited for",
    survives: "the socket is destroyed all the same, and its end rejects the call",
    file: http,
    find: '      reject(withCode("SWITCHED_PROTOCOLS"));\n',
    replace: "",
  },
  {
    name: "a request that ends without a response is waited for",
    survives:
      "Node emits an error for every other end, and a switch of protocols rejects by itself",
    file: http,
    find: '    outgoing.once("close", () => reject(withCode("NO_RESPONSE")));\n',
    replace: "",
  },
  {
    name: "an error names the URL",
    file: http,
    find: "const cause = redactError(error);",
    replace: "const cause = new Error(String(url));",
    tests: ["test/adapters/platforms.test.ts"],
  },
  {
    name: "a wait may be longer than an hour",
    file: retryAfter,
    find: "Math.min(Math.max(0, Math.ceil(seconds)), limits.retry_after_seconds)",
    replace: "Math.max(0, Math.ceil(seconds))",
  },
  {
    name: "a wait may be negative",
    file: retryAfter,
    find: "Math.min(Math.max(0, Math.ceil(seconds)), limits.retry_after_seconds)",
    replace: "Math.min(Math.ceil(seconds), limits.retry_after_seconds)",
  },
  {
    name: "a wait is rounded down",
    file: retryAfter,
    find: "Math.ceil(seconds)",
    replace: "Math.floor(seconds)",
  },
  {
    name: "a date is no wait",
    file: retryAfter,
    find: "(Date.parse(text) - Date.now()) / 1_000",
    replace: "Number.NaN",
  },
  {
    name: "text that is no wait is one",
    file: retryAfter,
    find: "  if (Number.isNaN(seconds)) return undefined;\n",
    replace: "  if (Number.isNaN(seconds)) return 0;\n",
  },
  {
    name: "the wait until a generation has room is that of the newest",
    by: "test/api/limits.test.ts > count for an hour",
    file: "packages/core/characters/generations.sql.ts",
    find: "extract(epoch from min(created_at) + interval '1 hour' - now())",
    replace: "extract(epoch from max(created_at) + interval '2 hours' - now())",
  },
  {
    name: "the wait until an upload has room is that of an upload",
    by: "test/api/limits.test.ts > first pending one expires",
    file: "packages/core/migrations/20261121000082_live_urls.sql",
    find: "min(i.url_expires_at) as first_expires_at",
    replace: "min(i.expires_at) as first_expires_at",
  },
  {
    name: "a late portrait is waited for",
    by: "test/core/lateGenerators.test.ts > delays no response",
    file: "packages/core/characters/generateCharacters.ts",
    find: "await abortable(work, request.signal, tooLate);",
    replace: "await work;",
  },
  {
    name: "characters are generated for a caller that is gone",
    by: "test/core/lateGenerators.test.ts > stops reading",
    file: "packages/core/characters/generateCharacters.ts",
    find: "    stop.abort(); // the",
    replace: "    // the",
  },
  {
    name: "a provider that is busy for long is called again",
    file: "packages/adapters/generators/ai/provider.ts",
    find: "const maxRetryAfterSeconds = 10;",
    replace: "const maxRetryAfterSeconds = 10_000;",
  },
];
