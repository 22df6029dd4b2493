/**
 * Every queue with the function that consumes it, once: infra declares them, the local event sources
 * obey them, and the sweep waits for them. This file imports nothing.
 */
export const queues = {
  PortraitQueue: {
    consumer: "uploadPortraits",
    batchSize: 10,
    /** Batches in work at the same time. */
    concurrency: 5,
    timeoutSeconds: 60,
    /** AWS asks for six times the consumer's timeout. */
    visibilitySeconds: 360,
    /** A message received this often without success goes to the dead-letter queue. */
    receives: 5,
  },
  RehostQueue: {
    consumer: "rehostImages",
    batchSize: 5,
    concurrency: 5,
    timeoutSeconds: 60,
    visibilitySeconds: 360,
    receives: 3,
  },
} as const satisfies Record<string, Queue>;

export type QueueName = keyof typeof queues;

/** After this long a message has been delivered, has failed for good, or is lost. */
export const staleAfterSeconds = (name: QueueName) =>
  queues[name].visibilitySeconds * queues[name].receives;

type Queue = {
  consumer: string;
  batchSize: number;
  concurrency: number;
  timeoutSeconds: number;
  visibilitySeconds: number;
  receives: number;
};
