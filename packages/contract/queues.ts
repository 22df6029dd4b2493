/**
 * Every queue, with the function that consumes it. Infra, the local event source mappings and the sweep
 * take these settings from here. This file imports nothing.
 */
export const queues = {
  PortraitQueue: {
    consumer: "uploadPortraits",
    batchSize: 10,
    /** Batches in flight at the same time. */
    concurrency: 5,
    timeoutSeconds: 60,
    /** AWS recommends six times the consumer's timeout. */
    visibilitySeconds: 360,
    /** A message that failed this many times goes to the dead-letter queue. */
    receives: 5,
    /** A row is `failed` after this many: four rounds of `receives`. */
    attempts: 20,
  },
  RehostQueue: {
    consumer: "rehostImages",
    batchSize: 5,
    concurrency: 5,
    timeoutSeconds: 60,
    visibilitySeconds: 360,
    receives: 3,
    attempts: 12,
  },
  UploadQueue: {
    consumer: "completeQueuedUploads",
    batchSize: 2,
    concurrency: 5,
    timeoutSeconds: 60,
    visibilitySeconds: 360,
    receives: 3,
    attempts: 12,
  },
  /**
   * A zip may take the longest time that Lambda allows. Its consumer takes one message at a time and its row has a
   * lease, so a message that becomes visible again while it works does no harm. An owner has at most two of its consumers.
   */
  ExportQueue: {
    consumer: "exportDataset",
    batchSize: 1,
    concurrency: 5,
    timeoutSeconds: 900,
    visibilitySeconds: 960,
    receives: 3,
    attempts: 6,
  },
  /** Only of stages with a `WEBHOOK_URL`. */
  EventQueue: {
    consumer: "deliverEvents",
    batchSize: 10,
    concurrency: 5,
    timeoutSeconds: 30,
    visibilitySeconds: 180,
    receives: 3,
    /** The first one and `eventRetrySeconds`. */
    attempts: 8,
  },
} as const satisfies Record<string, Queue>;

export type QueueName = keyof typeof queues;

/**
 * How long dead letters are kept, 14 days: the maximum of SQS, so that an operator has time to inspect them.
 * Objects in the incoming bucket are kept as long, so that what a message names still exists.
 */
export const deadLetterSeconds = 14 * 24 * 60 * 60;

/** After this time a message has succeeded, is in the dead-letter queue, or is lost. */
export const staleAfterSeconds = (name: QueueName) =>
  queues[name].visibilitySeconds * queues[name].receives;

type Queue = {
  consumer: string;
  batchSize: number;
  concurrency: number;
  timeoutSeconds: number;
  visibilitySeconds: number;
  receives: number;
  attempts: number;
};
