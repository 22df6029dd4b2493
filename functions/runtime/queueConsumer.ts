import type { OnOutcome } from "@keepsake/core/publishOutcome";
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type * as z from "zod/mini";
import { logger, serializeError } from "./log.ts";
import { logPublishOutcome } from "./logPublishOutcome.ts";
import { metricFields } from "./metrics.ts";
import { withRequestId } from "./requestId.ts";
import { measureResources } from "./resourceUsage.ts";

/** What a verb logs about one message, with the id of the request that queued it. */
type MessageLog<Message> = {
  onOutcome: OnOutcome<Message>;
  about(message: Message, log: () => void): void;
};

/**
 * Turns a verb into the consumer of one queue. The verb gets the whole batch and resolves to the messages
 * to deliver again; when it throws, all are delivered again. So is a record that does not parse, until it
 * reaches the dead-letter queue.
 */
export function consumer<Schema extends z.ZodMiniType>(
  schema: Schema,
  run: (
    messages: z.output<Schema>[],
    log: MessageLog<z.output<Schema>>,
  ) => Promise<z.output<Schema>[]>,
) {
  return async ({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    const started = performance.now();
    const resources = measureResources();
    const records = new Map<z.output<Schema>, SQSRecord>();
    const failed: SQSRecord[] = [];
    for (const record of Records) {
      const message = parseMessage(schema, record.body);
      if (message === undefined) failed.push(record);
      else records.set(message, record);
    }
    if (failed.length > 0)
      logger.error("unreadable messages", {
        message_ids: failed.map(({ messageId }) => messageId),
        request_ids: requestIds(failed),
      });

    try {
      const retried = records.size > 0 ? await run([...records.keys()], messageLog(records)) : [];
      failed.push(...retried.map((message) => records.get(message)!));
    } catch (error) {
      const request_ids = requestIds([...records.values()]);
      logger.error("batch failed", { request_ids, error: serializeError(error) });
      failed.push(...records.values());
    }

    const { used, metrics } = resources();
    logger.info("batch", {
      ms: Math.round(performance.now() - started),
      request_ids: requestIds(Records),
      lambda_request_id: context.awsRequestId,
      ...used,
      ...metricFields({ messages: Records.length, failed: failed.length, ...metrics }),
    });
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
}

/** A message that an earlier release queued has no id. */
const requestIdOf = ({ messageAttributes }: SQSRecord): string | undefined =>
  messageAttributes?.request_id?.stringValue;

const requestIds = (records: SQSRecord[]) => [
  ...new Set(records.map(requestIdOf).filter((id) => id !== undefined)),
];

function messageLog<Message>(records: Map<Message, SQSRecord>): MessageLog<Message> {
  // by content: a verb names a message by the ids of its row
  const ids = new Map(
    [...records].map(([message, record]) => [keyOf(message), requestIdOf(record)]),
  );
  const about = (message: Message, log: () => void) => {
    const id = ids.get(keyOf(message));
    if (id === undefined) log();
    else withRequestId(id, log);
  };
  return {
    about,
    onOutcome: (message, outcome) =>
      about(message, () => logPublishOutcome(message as object, outcome)),
  };
}

/** A message's fields are ids and numbers. */
const keyOf = (message: unknown) => JSON.stringify(Object.entries(message as object).sort());

function parseMessage<Schema extends z.ZodMiniType>(
  schema: Schema,
  body: string,
): z.output<Schema> | undefined {
  try {
    return schema.parse(JSON.parse(body));
  } catch {
    return undefined;
  }
}
