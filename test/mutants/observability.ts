import type { Mutant } from "./mutant.ts";

const ids = "test/workers/requestIds.test.ts";
const metrics = "test/workers/metrics.test.ts";

/** What an operator sees: request ids in the logs, metrics, and what a dashboard and an alarm show. */
export const seen: Mutant[] = [
  {
    name: "messages have no request id",
    by: "test/adapters/sqs.test.ts > have the id of the request",
    file: "packages/adapters/cloud/sqs.ts",
    find: "    const StringValue = requestId();\n",
    replace: "    const StringValue = undefined;\n",
  },
  {
    name: "a route's messages have no request id",
    by: `${ids} > POST /rehosts is in the line of the consumer`,
    tests: [ids],
    file: "functions/runtime/routeHandler.ts",
    find: "withRequestId(event.requestContext.requestId, () =>",
    replace: 'withRequestId("", () =>',
  },
  {
    name: "every message of a batch is logged with the first one's request id",
    by: `${ids} > each portrait of a batch`,
    tests: [ids],
    file: "functions/runtime/queueConsumer.ts",
    find: "const id = ids.get(keyOf(message));",
    replace: "const id = [...ids.values()][0];",
  },
  {
    name: "a dead letter that is sent back loses its request id",
    by: "test/ops/deadLetters.test.ts > keeps the id of the request",
    tests: ["test/ops/deadLetters.test.ts"],
    file: "packages/ops/deadLetters/deadLetterMessages.ts",
    find: "{ QueueUrl, MessageBody, MessageAttributes }",
    replace: "{ QueueUrl, MessageBody }",
  },
  {
    name: "metrics leave the decoder's processes out",
    by: `${metrics} > memory of the decoder`,
    tests: [metrics],
    file: "functions/runtime/resourceUsage.ts",
    find: "maxRSS * 1_024 + (decoder?.peakBytes ?? 0)",
    replace: "maxRSS * 1_024",
  },
  {
    name: "a 500 is no 5xx",
    by: `${metrics} > class of its error`,
    tests: [metrics],
    file: "functions/runtime/httpMiddleware.ts",
    find: "errors_5xx: status >= 500",
    replace: "errors_5xx: status > 500",
  },
  {
    name: "a rejected portrait is logged as published",
    by: `${metrics} > reason when it was rejected`,
    tests: [metrics],
    file: "packages/core/portraits/publishPortraits.ts",
    find: "    causes.set(piece_id, error);\n",
    replace: "",
  },
  {
    name: "an erasure whose removal fails is never overdue",
    by: "test/workers/erasing.test.ts > how long it is overdue",
    file: "packages/core/erasures/erasures.sql.ts",
    find: "min(final_after)",
    replace: "min(erase_after)",
  },
];
