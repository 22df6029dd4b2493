import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import type * as z from "zod/mini";
import { logger, serializeError } from "./log.ts";

/**
 * Turns a verb into the consumer of one queue. The verb gets the whole batch and resolves to the messages
 * to deliver again; when it throws, all are delivered again. So is a record that does not parse, until it
 * reaches the dead-letter queue.
 */
export function consumer<Schema extends z.ZodMiniType>(
  schema: Schema,
  run: (messages: z.output<Schema>[]) => Promise<z.output<Schema>[]>,
) {
  return async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
    const started = performance.now();
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
      });

    try {
      const retried = records.size > 0 ? await run([...records.keys()]) : [];
      failed.push(...retried.map((message) => records.get(message)!));
    } catch (error) {
      logger.error("batch failed", { error: serializeError(error) });
      failed.push(...records.values());
    }

    logger.info("batch", {
      messages: Records.length,
      failed: failed.length,
      ms: Math.round(performance.now() - started),
    });
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
}

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
