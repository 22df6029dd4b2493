import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { type QueueName, queues } from "@keepsake/contract/queues";

type QueuesOptions = { endpoint: string; prefix: string; visibilitySeconds?: number | undefined };

/** Creates every queue of the contract with its dead-letter queue, as infra declares them. */
export async function createQueues({ endpoint, prefix, visibilitySeconds }: QueuesOptions) {
  const sqs = new SQSClient({ endpoint, useQueueUrlAsEndpoint: false });
  const url = (name: string) => `${endpoint}/000000000000/${prefix}${name}`;
  const arn = (name: string) =>
    `arn:aws:sqs:${process.env.AWS_REGION}:000000000000:${prefix}${name}`;

  const names = Object.keys(queues) as QueueName[];
  for (const name of names) {
    await sqs.send(new CreateQueueCommand({ QueueName: `${prefix}${name}Dead` }));
    const Attributes = {
      VisibilityTimeout: String(visibilitySeconds ?? queues[name].visibilitySeconds),
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: arn(`${name}Dead`),
        maxReceiveCount: queues[name].receives,
      }),
    };
    await sqs.send(new CreateQueueCommand({ QueueName: `${prefix}${name}`, Attributes }));
  }
  const urls = (suffix: string) =>
    Object.fromEntries(names.map((name) => [name, url(`${name}${suffix}`)])) as Record<
      QueueName,
      string
    >;
  return { sqs, urls: urls(""), deadLetterUrls: urls("Dead") };
}
