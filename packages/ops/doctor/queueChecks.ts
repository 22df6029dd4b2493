import { GetQueueAttributesCommand, type QueueAttributeName, SQSClient } from "@aws-sdk/client-sqs";
import { queues as contract } from "@keepsake/contract/queues";
import { type Check, CheckFailed, type Configuration } from "./check.ts";

/** Two checks for each queue: its settings, which the contract states, and its dead letters. */
export function queueChecks({ queues, isLocal }: Configuration): Check[] {
  return queues.flatMap((queue) => [queueSettings(queue, isLocal), deadLetters(queue, isLocal)]);
}

type QueueLinks = Configuration["queues"][number];

function queueSettings({ name, url, deadLetterUrl }: QueueLinks, isLocal: boolean): Check {
  const { visibilitySeconds, receives } = contract[name];
  return {
    subject: name,
    advice: queueAdvice,
    async run(signal) {
      const [queue, dead] = await Promise.all([
        attributes(url, ["VisibilityTimeout", "RedrivePolicy"], signal),
        attributes(deadLetterUrl, ["QueueArn"], signal),
      ]);
      const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(queue.RedrivePolicy ?? "{}");
      if (deadLetterTargetArn === undefined || deadLetterTargetArn !== dead.QueueArn)
        throw new CheckFailed(`${name} does not move failed messages to ${name}Dead`, "deploy");
      if (Number(maxReceiveCount) !== receives)
        throw new CheckFailed(
          `${name} delivers a message ${maxReceiveCount} times, but the sweep expects ${receives}`,
          "deploy",
        );
      const seconds = Number(queue.VisibilityTimeout);
      if (isLocal && seconds < visibilitySeconds)
        return {
          mark: "--",
          text: `${name}: a failed message is delivered again after ${seconds} s (deployed: ${visibilitySeconds} s)`,
        };
      if (seconds !== visibilitySeconds)
        throw new CheckFailed(
          `${name} has a visibility timeout of ${seconds} s, but its consumer needs ${visibilitySeconds} s`,
          "deploy, and change the queue's visibility timeout in no other way",
        );
      return `${name}: visibility timeout ${seconds} s, ${receives} deliveries, then ${name}Dead`;
    },
  };
}

function deadLetters({ name, deadLetterUrl }: QueueLinks, isLocal: boolean): Check {
  const stage = isLocal ? "" : " --stage …";
  return {
    subject: `${name}Dead`,
    advice: queueAdvice,
    async run(signal) {
      const counts = await attributes(
        deadLetterUrl,
        ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        signal,
      );
      const depth = Object.values(counts).reduce((sum, count) => sum + Number(count), 0);
      if (depth > 0)
        throw new CheckFailed(
          `${name}Dead holds ${depth} messages`,
          `npm run dlq -- list${stage} shows why; fix the cause, then run npm run dlq -- redrive${stage}`,
        );
      return `${name}Dead is empty`;
    },
  };
}

async function attributes(
  QueueUrl: string,
  AttributeNames: QueueAttributeName[],
  signal: AbortSignal,
) {
  const sqs = new SQSClient({ endpoint: new URL(QueueUrl).origin, maxAttempts: 2 });
  try {
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames });
    const { Attributes = {} } = await sqs.send(command, { abortSignal: signal });
    return Attributes as Partial<Record<QueueAttributeName, string>>;
  } finally {
    sqs.destroy();
  }
}

const queueAdvice = "check the AWS credentials and the region, and that the stage is deployed";
