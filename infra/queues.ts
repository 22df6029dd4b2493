import { type QueueName, queues as queueLimits } from "../packages/contract/queues.ts";
import { database } from "./database.ts";
import { discord, telegram } from "./platforms.ts";
import { images } from "./storage.ts";

/** The links and resources of each consumer. A new queue does not compile without an entry. */
const consumers: Record<QueueName, { link: object[]; memory: `${number} MB`; install?: string[] }> =
  {
    // ten portraits at a time, each up to 4 MB of base64 and 64 MB decoded; 1769 MB is one whole CPU
    PortraitQueue: { link: [database, images], memory: "1769 MB", install: ["sharp"] },
    // five images at a time, each up to 20 MB sent and 160 MB decoded, but sharp decodes few at once
    RehostQueue: {
      link: [database, images, telegram, discord],
      memory: "3008 MB",
      install: ["sharp"],
    },
  };

/** The queues by name, each with its dead-letter queue and its consumer. */
export const queues = Object.fromEntries(
  Object.keys(queueLimits).map((name) => [name, declare(name as QueueName)]),
) as Record<QueueName, ReturnType<typeof declare>>;

function declare(name: QueueName) {
  const { consumer, batchSize, concurrency, timeoutSeconds, visibilitySeconds, receives } =
    queueLimits[name];
  const { install, ...needs } = consumers[name];

  // 14 days, the maximum of SQS: time for an operator to inspect them
  const dead = new sst.aws.Queue(`${name}Dead`, {
    transform: { queue: { messageRetentionSeconds: 14 * 24 * 60 * 60 } },
  });
  const queue = new sst.aws.Queue(name, {
    visibilityTimeout: `${visibilitySeconds} seconds`,
    dlq: { queue: dead.arn, retry: receives },
  });
  const subscription = queue.subscribe(
    {
      ...needs,
      handler: `functions/${consumer}.handler`,
      timeout: `${timeoutSeconds} seconds`,
      nodejs: { install },
    },
    {
      batch: { size: batchSize, partialResponses: true },
      // not reserved concurrency: a new account's quota leaves none to reserve
      transform: { eventSourceMapping: { scalingConfig: { maximumConcurrency: concurrency } } },
    },
  );
  return { queue, dead, subscription };
}
