import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import type { QueueName } from "@keepsake/contract/queues";
import { links } from "../links.ts";

/** Receives every message of a dead-letter queue. They are hidden from other readers for 30 s. */
export async function receiveAll(queue: QueueName): Promise<Message[]> {
  const QueueUrl = links.deadLetterUrl(queue);
  const messages: Message[] = [];
  for (let remaining = await countMessages(QueueUrl); remaining > 0; ) {
    const command = {
      QueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 30,
      WaitTimeSeconds: 1,
      MessageAttributeNames: ["All"],
    };
    const { Messages = [] } = await sqs().send(new ReceiveMessageCommand(command));
    if (Messages.length === 0) break;
    messages.push(...Messages);
    remaining -= Messages.length;
  }
  return messages;
}

/** Makes a received message visible to other readers at once. */
export async function release(queue: QueueName, { ReceiptHandle }: Message) {
  const QueueUrl = links.deadLetterUrl(queue);
  const visible = { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 };
  await sqs().send(new ChangeMessageVisibilityCommand(visible));
}

/** Sends a received message to the queue that it came from, and only then deletes it. */
export async function sendBack(queue: QueueName, message: Message) {
  const { Body: MessageBody = "", MessageAttributes } = message;
  const QueueUrl = links.queueUrl(queue);
  await sqs().send(new SendMessageCommand({ QueueUrl, MessageBody, MessageAttributes }));
  await remove(queue, message);
}

export async function remove(queue: QueueName, { ReceiptHandle }: Message) {
  const QueueUrl = links.deadLetterUrl(queue);
  await sqs().send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
}

async function countMessages(QueueUrl: string) {
  const AttributeNames = ["ApproximateNumberOfMessages" as const];
  const { Attributes } = await sqs().send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames }),
  );
  return Number(Attributes?.ApproximateNumberOfMessages ?? 0);
}

let client: SQSClient | undefined;
function sqs() {
  client ??= new SQSClient({ endpoint: new URL(links.queueUrl("PortraitQueue")).origin });
  return client;
}
