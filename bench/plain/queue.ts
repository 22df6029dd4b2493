import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";

const sqs = new SQSClient({ endpoint: new URL(process.env.QUEUE_URL!).origin });

export async function send(messages: object[]) {
  for (let at = 0; at < messages.length; at += 10)
    await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: process.env.QUEUE_URL!,
        Entries: messages.slice(at, at + 10).map((message, index) => ({
          Id: String(index),
          MessageBody: JSON.stringify(message),
        })),
      }),
    );
}
