import { setTimeout as sleep } from "node:timers/promises";
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { SQSBatchResponse, SQSRecord } from "aws-lambda";
import { invoke, type LambdaFunction } from "./lambda.ts";

type EventSourceOptions = {
  sqs: SQSClient;
  queue: { name: string; url: string };
  consumer: LambdaFunction;
  batchSize: number;
  concurrency: number;
};

/**
 * Lambda's event source mapping for one queue: receives batches, invokes the consumer, and deletes the
 * messages that did not fail. SQS delivers a failed message again after its visibility timeout, and moves
 * it to the dead-letter queue after its last receive.
 */
export function startEventSourceMapping(options: EventSourceOptions) {
  const stopping = new AbortController();
  const pollers = Array.from({ length: options.concurrency }, () => poll(options, stopping.signal));
  return {
    /** Resolves when the batches in flight are finished. */
    async stop() {
      stopping.abort();
      await Promise.all(pollers);
    },
  };
}

async function poll(options: EventSourceOptions, signal: AbortSignal) {
  const { sqs, queue, batchSize } = options;
  while (!signal.aborted) {
    try {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queue.url,
          MaxNumberOfMessages: batchSize,
          WaitTimeSeconds: 20,
          MessageSystemAttributeNames: ["All"],
          MessageAttributeNames: ["All"],
        }),
        { abortSignal: signal },
      );
      if (Messages.length > 0) await deliver(options, Messages);
    } catch (error) {
      if (signal.aborted) return;
      console.error(`${queue.name}: ${error instanceof Error ? error.message : error}`);
      await sleep(1_000, undefined, { signal }).catch(() => {});
    }
  }
}

async function deliver({ sqs, queue, consumer }: EventSourceOptions, messages: Message[]) {
  const Records = messages.map((message) => toRecord(queue.name, message));
  const failed = await failedIds(consumer, Records);
  const done = messages.filter(({ MessageId }) => !failed.has(MessageId!));
  if (done.length === 0) return;
  await sqs.send(
    new DeleteMessageBatchCommand({
      QueueUrl: queue.url,
      Entries: done.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
    }),
  );
}

/** The ids to keep in the queue. An error, or an id that was not in the batch, fails the whole batch. */
async function failedIds(consumer: LambdaFunction, Records: SQSRecord[]): Promise<Set<string>> {
  const all = new Set(Records.map(({ messageId }) => messageId));
  try {
    const response = (await invoke(consumer, { Records })) as SQSBatchResponse | undefined;
    const failed = new Set(response?.batchItemFailures?.map((item) => item.itemIdentifier));
    return failed.isSubsetOf(all) ? failed : all;
  } catch (error) {
    console.error(error);
    return all;
  }
}

function toRecord(queue: string, message: Message): SQSRecord {
  return {
    messageId: message.MessageId!,
    receiptHandle: message.ReceiptHandle!,
    body: message.Body!,
    attributes: message.Attributes as unknown as SQSRecord["attributes"],
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, { DataType, StringValue }]) => [
        name,
        { dataType: DataType as "String", ...(StringValue && { stringValue: StringValue }) },
      ]),
    ),
    md5OfBody: message.MD5OfBody!,
    eventSource: "aws:sqs",
    eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${queue}`,
    awsRegion: "us-east-1",
  };
}
