import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Environment } from "./startEnvironment.ts";

/** Creates a queue without a consumer and resolves to its URL. */
export async function createQueue(
  { backends }: Pick<Environment, "backends">,
  QueueName: string,
): Promise<string> {
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const sqs = new SQSClient({
    endpoint: backends.sqsEndpoint,
    region: "eu-central-1",
    credentials,
  });
  await sqs.send(new CreateQueueCommand({ QueueName }));
  sqs.destroy();
  return `${backends.sqsEndpoint}/000000000000/${QueueName}`;
}
