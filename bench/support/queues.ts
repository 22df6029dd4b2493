import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Lab } from "./environment.ts";

/** A queue that nobody consumes. */
export async function queue({ parts }: Pick<Lab, "parts">, QueueName: string): Promise<string> {
  const credentials = { accessKeyId: "bench", secretAccessKey: "bench" };
  const sqs = new SQSClient({ endpoint: parts.sqsEndpoint, region: "eu-central-1", credentials });
  await sqs.send(new CreateQueueCommand({ QueueName }));
  sqs.destroy();
  return `${parts.sqsEndpoint}/000000000000/${QueueName}`;
}
