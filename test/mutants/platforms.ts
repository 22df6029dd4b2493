import type { Mutant } from "./mutant.ts";

const telegram = "packages/adapters/platforms/telegram.ts";
const discord = "packages/adapters/platforms/discord.ts";
const download = "packages/adapters/platforms/download.ts";
const log = "functions/runtime/log.ts";

/** Where files are fetched from, what a platform's answers mean, and what is never shown or logged. */
export const platforms: Mutant[] = [
  {
    name: "a file is fetched from any origin",
    file: download,
    find: "  if (url.origin !== allowedOrigin)\n",
    replace: '  if (url.origin === "never")\n',
  },
  {
    name: "a redirect is tried again",
    file: download,
    find: "if (statusCode >= 300 && statusCode < 400)",
    replace: "if (statusCode >= 399 && statusCode < 400)",
  },
  {
    name: "a file that is not there is tried again",
    file: download,
    find: "statusCode >= 400 && statusCode < 500 && !temporaryStatuses",
    replace: "statusCode >= 400 && statusCode < 400 && !temporaryStatuses",
  },
  {
    name: "a server that fails has no such file",
    file: download,
    find: "statusCode >= 400 && statusCode < 500 && !temporaryStatuses",
    replace: "statusCode >= 400 && !temporaryStatuses",
  },
  {
    name: "a rate limit says that the file is gone",
    file: download,
    find: "const temporaryStatuses = [401, 408, 425, 429];",
    replace: "const temporaryStatuses = [401, 408, 425];",
  },
  {
    name: "a wrong token says that the file is gone",
    by: "test/adapters/http.test.ts > as for a wrong token",
    file: download,
    find: "const temporaryStatuses = [401, 408, 425, 429];",
    replace: "const temporaryStatuses = [408, 425, 429];",
  },
  {
    name: "the wait of a rate limit is ignored",
    file: download,
    find: 'const retryAfterSeconds = parseRetryAfter(headers["retry-after"]);',
    replace: "const retryAfterSeconds = headers ? undefined : parseRetryAfter(0);",
  },
  {
    name: "a partial response is a file",
    by: "test/adapters/http.test.ts > answered with 206",
    file: download,
    find: "if (statusCode === 200) return;",
    replace: "if (statusCode >= 200 && statusCode < 300) return;",
  },
  {
    name: "an attachment may be on any origin",
    file: discord,
    find: " || !origins.includes(origin)) return undefined;",
    replace: ") return undefined;",
  },
  {
    name: "an attachment's path may have dot segments and escaped separators",
    file: discord,
    find: "if (ambiguousPath.test(path) || url.length > 2_000) return undefined;",
    replace: "if (url.length > 2_000) return undefined;",
  },
  {
    name: "an attachment's URL may be of any length",
    file: discord,
    find: "if (ambiguousPath.test(path) || url.length > 2_000) return undefined;",
    replace: "if (ambiguousPath.test(path)) return undefined;",
  },
  {
    name: "an attachment is identified by its signature too",
    file: discord,
    find: "return { url: original, platform_ref: path };",
    replace: "return { url: original, platform_ref: url };",
    tests: ["test/adapters/platforms.test.ts", "test/api/rehostImage.test.ts"],
  },
  {
    name: "a Telegram file is identified by the message's id of it",
    by: "test/workers/lateWorkers.test.ts > whichever of its ids",
    file: telegram,
    find: "  platform_ref: file_unique_id,\n",
    replace: "  platform_ref: file_id ?? file_unique_id,\n",
    tests: ["test/adapters/platforms.test.ts", "test/api/rehostImage.test.ts"],
  },
  {
    name: "a path of Telegram's may lead elsewhere",
    file: telegram,
    find: "if (!isPlainPath(file_path))",
    replace: "if (!file_path)",
  },
  {
    name: "the bot's token is in errors",
    file: telegram,
    find: 'return secret ? text.replaceAll(secret, "***") : text;',
    replace: 'return secret === "" ? text.replaceAll(secret, "***") : text;',
  },
  {
    name: "a wrong bot token loses images",
    file: telegram,
    find: "if (code === 400) return new PermanentError(method",
    replace: "if (code === 400 || code === 401) return new PermanentError(method",
  },
  {
    name: "a user who blocked the bot is tried again by the bot",
    file: telegram,
    find: '    if (code === 403) return new PermanentError("refused", message);\n',
    replace: "",
  },
  {
    name: "a file that is too big for Telegram is gone",
    file: telegram,
    find: 'return new PermanentError("too_large", message);',
    replace: 'return new PermanentError("gone", message);',
  },
  {
    name: "the wait of Telegram's rate limit is ignored",
    file: telegram,
    find: "retryAfterSeconds: parseRetryAfter(parameters?.retry_after),",
    replace: "retryAfterSeconds: parameters ? undefined : parseRetryAfter(0),",
  },
  {
    name: "a reply to a deleted message fails",
    file: telegram,
    find: "reply_parameters: { message_id, allow_sending_without_reply: true },",
    replace: "reply_parameters: { message_id },",
  },
  {
    name: "the signed URL of a published attachment is kept",
    by: "test/api/rehostImage.test.ts > is not kept after publishing",
    file: "packages/core/images/images.sql.ts",
    find: "        source = source - 'url'\n",
    replace: "        source = source\n",
    tests: ["test/api/rehostImage.test.ts"],
  },
  {
    name: "an unknown error is shown to the caller",
    by: "test/security/logs.test.ts > does not see",
    file: "functions/runtime/response.ts",
    find: '    new AppError("server.failed", "Something failed on our side: try again, then report the id");',
    replace: '    new AppError("server.failed", String((error as Error)?.message ?? error));',
  },
  {
    name: "a 500 is not logged",
    by: "test/security/logs.test.ts > does not see",
    file: "functions/runtime/response.ts",
    find: "if (!known || statuses[known.code] >= 500)",
    replace: "if (known && statuses[known.code] >= 500)",
  },
  {
    name: "a logged error holds the query and its rows",
    by: "test/security/logs.test.ts > does not see",
    file: log,
    find: "  const { name, message, stack, cause } = error;\n  return {\n",
    replace: "  const { name, message, stack, cause } = error;\n  return {\n    ...error,\n",
  },
  {
    name: "a logged message may be of any length",
    file: log,
    find: "message: message.slice(0, 1_000),",
    replace: "message,",
    tests: ["test/security/logs.test.ts"],
  },
  {
    name: "what was thrown is logged although it is no error",
    file: log,
    find: "if (!(error instanceof Error)) return { name: typeof error };",
    replace: "if (!(error instanceof Error)) return { name: typeof error, error };",
    tests: ["test/security/logs.test.ts"],
  },
  {
    name: "logs below the chosen level are written",
    file: log,
    find: "    if (levels.indexOf(level) < levels.indexOf(lowestLevel())) return;\n",
    replace: "",
    tests: ["test/security/logs.test.ts"],
  },
  {
    name: "a stream's failure is shown to the caller",
    by: "test/security/logs.test.ts > nothing of the reason",
    file: "functions/runtime/serverSentEvents.ts",
    find: "const known = knownError(error);",
    replace: "const known = knownError(error) ?? (error as { code?: string; message?: string });",
  },
];
