import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Queue } from "@keepsake/core/ports";

/** A queue on SQS. Its URL says where SQS is; region and credentials are the process's own. */
export type QueueLink = { url: string };

/** What is told of messages that were not accepted: the reason never comes further than this. */
type Unsent = (reason: unknown, count: number) => void;

/** A queue whose `send` gives up after 2 attempts of 3 s each: a caller is waiting for an answer. */
export function sqs<Message>({ url: QueueUrl }: QueueLink, onUnsent: Unsent): Queue<Message> {
  const client = new SQSClient({
    endpoint: new URL(QueueUrl).origin,
    maxAttempts: 2,
    requestHandler: {
      connectionTimeout: 1_000,
      requestTimeout: 3_000,
      throwOnRequestTimeout: true,
    },
  });

  return {
    async send(messages) {
      const unsent = await Promise.all(inTens(messages).map(sendBatch));
      return unsent.flat();
    },
  };

  async function sendBatch(messages: Message[]): Promise<Message[]> {
    const Entries = messages.map((message, index) => ({
      Id: String(index),
      MessageBody: JSON.stringify(message),
    }));
    try {
      const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
      if (Failed.length > 0) onUnsent(new Error(Failed[0]!.Code), Failed.length);
      return Failed.map(({ Id }) => messages[Number(Id)]!);
    } catch (error) {
      onUnsent(error, messages.length);
      return messages;
    }
  }
}

/** SQS takes ten messages a call. */
function inTens<T>(items: T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / 10) }, (_, batch) =>
    items.slice(batch * 10, batch * 10 + 10),
  );
}
