import {
  deadLetterSeconds,
  type QueueName,
  queues as queueLimits,
} from "../packages/contract/queues.ts";
import { images, incoming, privateImages } from "./bucketLinks.ts";
import { database } from "./database.ts";
import { decodes } from "./decoder.ts";
import { webhook } from "./eventReceiver.ts";
import { discord, rehostHostsLink, telegram } from "./platforms.ts";
import { queueConcurrency, webhookUrl } from "./settings.ts";

type Needs = {
  link: object[];
  memory: `${number} MB`;
  environment?: Record<string, string>;
  /** Whether it sends messages to its own queue. */
  queuesMore?: boolean;
} & Partial<typeof decodes>;

/** Delivers events; a stage without a `WEBHOOK_URL` has none. Declared first: other consumers queue events. */
const events = webhookUrl
  ? declare("EventQueue", { link: [database, webhook], memory: "512 MB" })
  : undefined;

/** What links a function to the queue of events, where the stage has one. */
export const eventQueue = events ? [events.queue] : [];

/**
 * glibc gives memory back when it is freed, threads share what is left, and V8 collects small garbage more
 * often. For pictures of 5 MB it saves some 80 MB, for batches of portraits some 40 MB.
 */
const givesMemoryBack = {
  MALLOC_MMAP_THRESHOLD_: "131072",
  MALLOC_ARENA_MAX: "1",
  NODE_OPTIONS: "--max-semi-space-size=2",
};

/** The links and resources of each consumer. A new queue does not compile without an entry. */
const consumers: Record<Exclude<QueueName, "EventQueue">, Needs> = {
  // ten portraits at a time, each up to 4 MB of base64; a child process decodes them, with up to 512 MB;
  // 1769 MB is one whole CPU
  PortraitQueue: {
    link: [database, images, ...eventQueue],
    memory: "1769 MB",
    environment: givesMemoryBack,
    ...decodes,
  },
  // five images at a time, each up to 20 MB; two child processes decode them, with up to 1 GB each
  RehostQueue: {
    link: [database, images, privateImages, telegram, discord, rehostHostsLink, ...eventQueue],
    memory: "3008 MB",
    ...decodes,
  },
  // two images at a time, as `completeUpload` does one
  UploadQueue: {
    link: [database, incoming, images, privateImages, ...eventQueue],
    memory: "3008 MB",
    ...decodes,
  },
  // one zip at a time, which is streamed; two child processes decode what is made upright, a PNG or smaller, with up
  // to 1 GB each
  ExportQueue: {
    link: [database, images, privateImages, ...eventQueue],
    memory: "3008 MB",
    environment: givesMemoryBack,
    queuesMore: true,
    ...decodes,
  },
};

type Queues = Record<keyof typeof consumers, Queue> & { EventQueue?: Queue };
type Queue = ReturnType<typeof declare>;

/** The queues by name, each with its dead-letter queue and its consumer. */
export const queues = {
  ...Object.fromEntries(
    Object.entries(consumers).map(([name, needs]) => [name, declare(name as QueueName, needs)]),
  ),
  ...(events && { EventQueue: events }),
} as Queues;

function declare(name: QueueName, { queuesMore = false, ...needs }: Needs) {
  const { consumer, batchSize, concurrency, timeoutSeconds, visibilitySeconds, receives } =
    queueLimits[name];

  const dead = new sst.aws.Queue(`${name}Dead`, {
    transform: { queue: { messageRetentionSeconds: deadLetterSeconds } },
  });
  const queue = new sst.aws.Queue(name, {
    visibilityTimeout: `${visibilitySeconds} seconds`,
    dlq: { queue: dead.arn, retry: receives },
  });
  const subscription = queue.subscribe(
    {
      ...needs,
      link: [...needs.link, ...(queuesMore ? [queue] : [])],
      handler: `functions/${consumer}.handler`,
      timeout: `${timeoutSeconds} seconds`,
    },
    {
      batch: { size: batchSize, partialResponses: true },
      // not reserved concurrency: a new account's quota leaves none to reserve
      transform: {
        eventSourceMapping: {
          scalingConfig: { maximumConcurrency: queueConcurrency ?? concurrency },
        },
      },
    },
  );
  return { queue, dead, subscription };
}
