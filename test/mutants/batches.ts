import type { Mutant } from "./mutant.ts";

const consumer = "functions/runtime/queueConsumer.ts";
const sqs = "packages/adapters/cloud/sqs.ts";

/** What a batch answers, and what is sent when a part of it fails. */
export const batches: Mutant[] = [
  {
    name: "a batch that throws reports no failures",
    by: "test/workers/uploadPortraits.test.ts > when the database fails",
    file: consumer,
    find: "      failed.push(...records.values());\n",
    replace: "",
  },
  {
    name: "one failure delivers the whole batch again",
    by: "test/workers/uploadPortraits.test.ts > delivers again only",
    file: consumer,
    find: "failed.push(...retried.map((message) => records.get(message)!));",
    replace: "if (retried.length > 0) failed.push(...records.values());",
  },
  {
    name: "messages that the verb returns are not delivered again",
    by: "test/workers/uploadPortraits.test.ts > never overwrites",
    file: consumer,
    find: "failed.push(...retried.map((message) => records.get(message)!));",
    replace: "retried.map((message) => records.get(message)!);",
  },
  {
    name: "a malformed message fails its batch",
    by: "test/workers/uploadPortraits.test.ts > reports invalid messages",
    file: consumer,
    find: "  } catch {\n    return undefined;\n  }",
    replace: "  } catch (error) {\n    throw error;\n  }",
  },
  {
    name: "a malformed message counts as done",
    by: "test/workers/uploadPortraits.test.ts > reports invalid messages",
    file: consumer,
    find: "if (message === undefined) failed.push(record);\n      else records",
    replace: "if (message !== undefined) records",
  },
  {
    name: "messages are not checked",
    by: "test/workers/uploadPortraits.test.ts > reports invalid messages",
    file: consumer,
    find: "return schema.parse(JSON.parse(body));",
    replace: "return JSON.parse(body);",
  },
  {
    name: "failures are reported by their position",
    by: "test/workers/uploadPortraits.test.ts > delivers again only",
    file: consumer,
    find: "failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };",
    replace: "failed.map((_, index) => ({ itemIdentifier: String(index) })) };",
  },
  {
    name: "a version beyond an integer is accepted",
    by: "test/workers/uploadPortraits.test.ts > 2147483648",
    file: "packages/contract/messages.ts",
    find: "version: z.int32().check(z.positive()),",
    replace: "version: z.number(),",
  },
  {
    name: "every portrait of a batch is delivered again when one is",
    by: "test/workers/uploadPortraits.test.ts > delivers again only",
    file: "packages/core/portraits/publishPortraits.ts",
    find: "return messages.filter(({ piece_id }) => pending.includes(piece_id));",
    replace: "return pending.length > 0 ? messages : [];",
  },
  {
    name: "no portrait is delivered again",
    by: "test/workers/uploadPortraits.test.ts > never overwrites",
    file: "packages/core/portraits/publishPortraits.ts",
    find: "return messages.filter(({ piece_id }) => pending.includes(piece_id));",
    replace: "return messages.filter(() => false);",
  },
  {
    name: "one portrait that fails fails its batch",
    by: "test/workers/uploadPortraits.test.ts > delivers again only",
    file: "packages/core/portraits/publishPortraits.ts",
    find: "    if (error instanceof AppError)\n      return { piece_id",
    replace:
      "    if (!(error instanceof AppError)) throw error;\n    if (error instanceof AppError)\n      return { piece_id",
  },
  {
    name: "every image of a batch is delivered again when one is",
    by: "test/workers/telegramReplies.test.ts > delivers again only",
    file: "packages/core/rehosts/publishQueuedRehosts.ts",
    find: "return messages.filter(({ image_id }) => retried.includes(image_id));",
    replace: "return retried.length > 0 ? messages : [];",
  },
  {
    name: "a portrait that was received before is taken with the others",
    by: "test/workers/batchOrder.test.ts > a batch of portraits saves all others",
    file: "packages/core/portraits/publishPortraits.ts",
    find: "rows.claim(sql, messages, { maxAttempts: 1 })",
    replace: "rows.claim(sql, messages, policy)",
  },
  {
    name: "an image that was received before is taken with the others",
    by: "test/workers/batchOrder.test.ts > a batch of images saves all others",
    file: "packages/core/rehosts/publishQueuedRehosts.ts",
    find: "{ ...policy, maxAttempts: 1 }",
    replace: "policy",
  },
  {
    name: "no image is delivered again",
    by: "test/workers/telegramReplies.test.ts > that failed after 12",
    file: "packages/core/rehosts/publishQueuedRehosts.ts",
    find: "return messages.filter(({ image_id }) => retried.includes(image_id));",
    replace: "return messages.filter(() => false);",
  },
  {
    name: "eleven messages go in one call",
    file: sqs,
    find: "Math.ceil(items.length / 10) }, (_, batch) =>\n    items.slice(batch * 10, batch * 10 + 10),",
    replace:
      "Math.ceil(items.length / 11) }, (_, batch) =>\n    items.slice(batch * 11, batch * 11 + 11),",
  },
  {
    name: "messages that SQS rejects count as sent",
    file: sqs,
    find: "return Failed.map(({ Id }) => messages[Number(Id)]!);",
    replace: "return Failed.flatMap(() => []);",
  },
  {
    name: "all messages are unsent when SQS rejects one",
    file: sqs,
    find: "return Failed.map(({ Id }) => messages[Number(Id)]!);",
    replace: "return Failed.length > 0 ? messages : [];",
  },
  {
    name: "messages count as sent when SQS is down",
    file: sqs,
    find: "      onUnsent(error, messages.length);\n      return messages;",
    replace: "      onUnsent(error, messages.length);\n      return [];",
  },
  {
    name: "SQS is not called a second time",
    file: sqs,
    find: "if (attempt === 2) throw error;",
    replace: "if (attempt >= 1) throw error;",
  },
  {
    name: "rows that were not sent are not marked",
    by: "test/faults/queueDown.test.ts > a queue that is down",
    file: "packages/core/sendOrMarkUnsent.ts",
    find: "  if (unsent.length > 0) await markUnsent(unsent);\n",
    replace: "",
  },
];
