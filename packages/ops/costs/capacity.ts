import {
  urlsPerCall as objectsPerPurge,
  prefixCallsPerMinute,
} from "@keepsake/adapters/cloud/cloudflareCdn";
import { type QueueName, queues } from "@keepsake/contract/queues";
import { objectsAtOnce } from "@keepsake/core/erasures/objectEraser";
import { lastRoundMs, rowsPerRun } from "@keepsake/core/sweep";
import { usage } from "./billedUsage.ts";
import { countsOf, invocationsOf, seconds } from "./invocations.ts";
import { counted, measured } from "./measuredWork.ts";
import { base64Bytes, type Workload } from "./monthlyWorkload.ts";

/** A part of the system: what it needs for one image a second, and where it ends. */
export type Part = {
  what: string;
  unit: string;
  /** For one image a second of the mix. */
  need: number;
  /** Under today's settings and a vendor's default quota. */
  limit: number;
  /** The alarm that tells, or what shows it. */
  alarm: string;
  /** What to turn. */
  setting: string;
};

/** API_REQUESTS_PER_SECOND when it is not set; a test compares it with the plan. */
export const apiRequestsPerSecond = 50;
/** Sockets of the S3 client, its default. */
const sockets = 50;

/** Every part that has an end, for the mix of a workload. */
export function parts(workload: Workload): Part[] {
  const used = usage(workload);
  const counts = countsOf(workload);
  const perImage = (quantity: number) => quantity / workload.images;
  const work = invocationsOf(workload).filter(({ function: name }) => name !== "sweep");
  const inFlight = work.reduce((sum, each) => sum + perImage(each.times) * seconds(each), 0);
  /** Batches at the same time, for one image a second: they are full when the queue is at its end. */
  const fullBatches = (name: QueueName, share: number) => {
    const { consumer, batchSize } = queues[name];
    const batch = work.find((each) => each.function === consumer)!;
    if (share === 0) return 0;
    const cpu = (batch.cpu * batch.times * batchSize) / (workload.images * share);
    return (share * seconds({ ...batch, cpu })) / batchSize;
  };
  const runsPerSecond = 1 / (60 * workload.sweep);
  // of many calls at the same time: what each computes, or its share of the connections' time
  const callMs = Math.max(measured.cpuMs.storeCall, counted.storeMs / sockets);
  // a turn of erasing looks for its objects and removes them, and has six queries
  const turnMs = 2 * counted.storeMs * (objectsAtOnce / sockets) + 6 * counted.queryMs;
  const erasureMs = Math.max(2 * measured.cpuMs.storeCall, turnMs / objectsAtOnce);
  const purges = (plan: string) => (prefixCallsPerMinute[plan]! * objectsPerPurge) / 60;
  const age = (queue: string) => `${queue}Age`;
  const { PortraitQueue, RehostQueue } = queues;
  return [
    {
      what: "API, this deployment's throttle",
      unit: "requests/s",
      need: perImage(used.httpRequests),
      limit: apiRequestsPerSecond,
      alarm: "ApiNearThrottle",
      setting: "`API_REQUESTS_PER_SECOND`",
    },
    {
      what: "API Gateway, the account's quota",
      unit: "requests/s",
      need: perImage(used.httpRequests),
      limit: 10_000,
      alarm: "ApiNearThrottle",
      setting: "Service Quotas, L-8A5B8E43",
    },
    {
      what: "Lambda, a new account's concurrency",
      unit: "invocations at once",
      need: inFlight,
      limit: 10,
      alarm: "LambdaThrottles",
      setting: "Service Quotas, L-B99A9384: ask for 1,000",
    },
    {
      what: "Lambda, the default concurrency",
      unit: "invocations at once",
      need: inFlight,
      limit: 1_000,
      alarm: "LambdaThrottles",
      setting: "Service Quotas, L-B99A9384",
    },
    {
      what: "PortraitQueue, full batches",
      unit: "batches at once",
      need: fullBatches("PortraitQueue", workload.portraits),
      limit: PortraitQueue.concurrency,
      alarm: age("PortraitQueue"),
      setting: "`QUEUE_CONCURRENCY`, up to 1,000",
    },
    {
      what: "RehostQueue, full batches",
      unit: "batches at once",
      need: fullBatches("RehostQueue", workload.rehosts),
      limit: RehostQueue.concurrency,
      alarm: age("RehostQueue"),
      setting: "`QUEUE_CONCURRENCY`, up to 1,000",
    },
    {
      what: "Postgres, connections without a pooler",
      unit: "connections",
      need: inFlight,
      limit: 100,
      alarm: "Api5xx; the provider's own",
      setting: "a transaction pooler in `DatabaseUrl`: Neon's takes 10,000",
    },
    {
      what: "Postgres, CPU",
      unit: "CPUs",
      need: perImage(used.postgresSeconds),
      limit: 2,
      alarm: "none of ours: the provider's CPU alarm",
      setting: "a larger instance",
    },
    {
      what: "Postgres, portraits as base64 (row and log)",
      unit: "MB/s written",
      need: (2 * workload.portraits * base64Bytes(workload.bytes)) / 1e6,
      limit: 125,
      alarm: "none of ours: the provider's disk alarm",
      setting:
        "send portraits as uploads, with `portrait_image_id`; or a disk with more than gp3's 125 MB/s",
    },
    {
      what: "Sweep: incoming objects and erasures",
      unit: "ms of its work/s",
      need: 2 * perImage(counts.uploads) * callMs + perImage(counts.removedKeys) * erasureMs,
      limit: lastRoundMs * runsPerSecond,
      alarm: "sweepBusy",
      setting: "`SWEEP_MINUTES=1`; then see below",
    },
    {
      what: "Sweep, idempotency keys that expire",
      unit: "rows/s",
      need: perImage(counts.worlds),
      limit: rowsPerRun * runsPerSecond,
      alarm: "none: the table grows",
      setting: "`SWEEP_MINUTES=1`",
    },
    ...["free", "pro", "enterprise"].map((plan) => ({
      what: `Purges by prefix, plan ${plan}`,
      unit: "objects/s",
      need: perImage(counts.removedKeys) / counted.removals,
      limit: purges(plan),
      alarm: "none: receipts stay without `purge: confirmed`",
      setting: "`CLOUDFLARE_PLAN`",
    })),
    {
      what: "Telegram, replies of a bot",
      unit: "messages/s",
      need: workload.rehosts,
      limit: 30,
      alarm: age("RehostQueue"),
      setting: "`TELEGRAM_REPLY=off`",
    },
  ];
}

/** The images a second at which a part ends. */
export const endsAt = ({ need, limit }: Part) => limit / need;
