import { type Usage, usage } from "./billedUsage.ts";
import { counted, type MeasuredWork, measured } from "./measuredWork.ts";
import type { Workload } from "./monthlyWorkload.ts";
import * as prices from "./prices.ts";

export type Line = { what: string; quantity: number; unit: string; usd: number };

/** The bill of a month, line by line. */
export function bill(workload: Workload, work: MeasuredWork = measured): Line[] {
  const used = usage(workload, work);
  const aws = prices.aws[workload.region];
  const { cloudflare, zonePlans } = prices;
  const line = (what: string, price: prices.Price, quantity: number, unit: string): Line => {
    return { what, quantity, unit, usd: prices.cost(price, quantity) };
  };
  return [
    line("R2 storage", cloudflare.storageGb, used.storedGb, "GB-months"),
    line("R2 writes (class A)", cloudflare.classA, used.classA, "operations"),
    line("R2 reads (class B)", cloudflare.classB, used.classB, "operations"),
    line("Cloudflare zone", zonePlans[workload.plan], 1, "plan"),
    line("HTTP API", aws.httpRequests, used.httpRequests, "requests"),
    line("Lambda, compute", aws.lambdaGbSeconds, used.gbSeconds, "GB-seconds"),
    line("Lambda, requests", aws.lambdaRequests, used.invocations, "requests"),
    line("SQS", aws.sqsRequests, used.sqsRequests, "requests"),
    line("EventBridge Scheduler", aws.schedules, used.schedules, "invocations"),
    line("CloudWatch logs", aws.logGb, used.logGb, "GB"),
    line("CloudWatch alarms", aws.alarms, counted.alarms, "alarms"),
    line("CloudWatch metrics", aws.metrics, counted.metrics, "metrics"),
    line("Data transfer out of AWS", aws.outGb, used.outGb, "GB"),
    ...databaseLines(workload, used, work),
  ];
}

export const total = (lines: Line[]) => lines.reduce((sum, { usd }) => sum + usd, 0);

/** A CPU of Postgres is planned to be busy for this share: for peaks, and what was not measured. */
const busyShare = 0.3;
const neonIdleMinutes = 5;
const smallestCu = 0.25;

/** A Postgres that is bought for Keepsake only; none when there is one already. */
function databaseLines(workload: Workload, used: Usage, work: MeasuredWork): Line[] {
  if (workload.database === "own") return [];
  const seconds = counted.minutes * 60;
  const storedGb = (used.postgresRows * work.rowBytes) / 1e9;
  if (workload.database === "neon") {
    const { cuHours, storageGb, outGb } = prices.neonPrices;
    const awake = awakeShare(workload, used.httpRequests);
    const needed = used.postgresSeconds / (seconds * awake) / busyShare;
    const cu = Math.max(smallestCu, Math.ceil(needed / smallestCu) * smallestCu);
    const hours = (cu * awake * counted.minutes) / 60;
    const usd =
      prices.cost(cuHours, hours) +
      prices.cost(storageGb, storedGb) +
      prices.cost(outGb, used.postgresOutGb);
    return [{ what: "Postgres at Neon", quantity: hours, unit: "CU-hours", usd }];
  }
  const { instances, storageGb, smallestGb } = prices.rdsPrices;
  const needed = used.postgresSeconds / seconds / busyShare;
  const largest = instances[instances.length - 1]!;
  const instance = instances.find(({ cpus }) => cpus >= needed) ?? largest;
  const count = Math.max(1, Math.ceil(needed / instance.cpus));
  const hours = (count * counted.minutes) / 60;
  const gb = Math.max(smallestGb, storedGb);
  const usd = hours * instance.hour + gb * storageGb.tiers[0][1];
  return [{ what: `Postgres on RDS, ${instance.name}`, quantity: hours, unit: "hours", usd }];
}

/** What more CPU and more rows for a month cost where the largest instance on the list is full. */
export function moreOnRds(cpuSeconds: number, gb: number): number {
  const { instances, storageGb } = prices.rdsPrices;
  const { cpus, hour } = instances[instances.length - 1]!;
  return (cpuSeconds / busyShare / cpus / 3_600) * hour + gb * storageGb.tiers[0][1];
}

/** The share of time in which the last sweep or request was less than five minutes ago. */
function awakeShare({ sweep }: Workload, requests: number): number {
  const quietAfterSweep = Math.max(0, 1 - neonIdleMinutes / sweep);
  const quietAfterRequests = Math.exp((-requests / counted.minutes) * neonIdleMinutes);
  return 1 - quietAfterSweep * quietAfterRequests;
}
