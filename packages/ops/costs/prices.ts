/**
 * List prices in US dollars, without taxes and discounts, all in this file. `source` is the vendor's page;
 * `checked` is when a stored copy of it, or a price list that quotes it, was last compared. Prices change.
 */
export type Price = {
  /** From which quantity a month on which unit price holds, in rising order. The first is from 0. */
  tiers: [from: number, usd: number][];
  /** Free in every month, in the same unit, as long as the vendor offers it: no trial, no credits. */
  free?: number;
  /** Billed in whole units of this many. */
  unit?: number;
  source: string;
  checked: string;
};

const checked = "2026-11-21";
const lambda = "https://aws.amazon.com/lambda/pricing/";
const gateway = "https://aws.amazon.com/api-gateway/pricing/";
const sqs = "https://aws.amazon.com/sqs/pricing/";
const eventBridge = "https://aws.amazon.com/eventbridge/pricing/";
const cloudWatch = "https://aws.amazon.com/cloudwatch/pricing/";
const ec2 = "https://aws.amazon.com/ec2/pricing/on-demand/#Data_Transfer";
const r2 = "https://developers.cloudflare.com/r2/pricing/";
const plans = "https://www.cloudflare.com/plans/";
const neon = "https://neon.com/docs/introduction/plans";
const rds = "https://aws.amazon.com/rds/postgresql/pricing/";

const million = 1e6;

/** AWS's prices that differ between regions. */
export type Region = "us-east-1" | "eu-central-1";

/** For one GB-second, request, GB or month each. `httpRequests` are those of up to 512 KB. */
const awsPrices = (regional: {
  httpRequests: Price["tiers"];
  logGb: number;
}): Record<AwsItem, Price> => ({
  // the tiers of arm64: 10 % less from 7.5 billion, 20 % less from 18.75 billion
  lambdaGbSeconds: {
    tiers: [
      [0, 0.0000133334],
      [7.5e9, 0.0000120001],
      [18.75e9, 0.0000106667],
    ],
    free: 400_000,
    source: lambda,
    checked,
  },
  lambdaRequests: { tiers: [[0, 0.2 / million]], free: million, source: lambda, checked },
  // the free million of HTTP APIs ends after a year
  httpRequests: { tiers: regional.httpRequests, source: gateway, checked },
  sqsRequests: { tiers: [[0, 0.4 / million]], free: million, source: sqs, checked },
  schedules: { tiers: [[0, 1 / million]], free: 14 * million, source: eventBridge, checked },
  logGb: { tiers: [[0, regional.logGb]], free: 5, source: cloudWatch, checked },
  alarms: { tiers: [[0, 0.1]], free: 10, source: cloudWatch, checked },
  metrics: { tiers: [[0, 0.3]], free: 10, source: cloudWatch, checked },
  outGb: {
    tiers: [
      [0, 0.09],
      [10_240, 0.085],
      [51_200, 0.07],
      [153_600, 0.05],
    ],
    free: 100,
    source: ec2,
    checked,
  },
});

type AwsItem =
  | "lambdaGbSeconds"
  | "lambdaRequests"
  | "httpRequests"
  | "sqsRequests"
  | "schedules"
  | "logGb"
  | "alarms"
  | "metrics"
  | "outGb";

export const aws: Record<Region, Record<AwsItem, Price>> = {
  "us-east-1": awsPrices({
    httpRequests: [
      [0, 1 / million],
      [300 * million, 0.9 / million],
    ],
    logGb: 0.5,
  }),
  "eu-central-1": awsPrices({
    httpRequests: [
      [0, 1.2 / million],
      [300 * million, 1.08 / million],
    ],
    logGb: 0.63,
  }),
};

/** R2 rounds up to whole GB-months and whole millions, and charges nothing for traffic and deletions. */
export const cloudflare = {
  storageGb: { tiers: [[0, 0.015]], free: 10, unit: 1, source: r2, checked },
  classA: { tiers: [[0, 4.5 / million]], free: million, unit: million, source: r2, checked },
  classB: {
    tiers: [[0, 0.36 / million]],
    free: 10 * million,
    unit: million,
    source: r2,
    checked,
  },
} satisfies Record<string, Price>;

/** A zone's plan, paid by the month; by the year, Pro is 20 and Business 200. Its purges per minute are in packages/adapters/cloud/cloudflareCdn.ts. */
export const zonePlans = {
  free: { tiers: [[0, 0]], source: plans, checked },
  pro: { tiers: [[0, 25]], source: plans, checked },
  business: { tiers: [[0, 250]], source: plans, checked },
} satisfies Record<string, Price>;

/** Postgres at Neon, on Launch: compute units of 4 GB, of at least a quarter; it sleeps after 5 idle minutes. */
export const neonPrices = {
  cuHours: { tiers: [[0, 0.106]], source: neon, checked },
  storageGb: { tiers: [[0, 0.35]], source: neon, checked },
  outGb: { tiers: [[0, 0.1]], free: 100, source: neon, checked },
} satisfies Record<string, Price>;

/** Postgres on RDS in one zone, us-east-1. Bursting instances count with the share of their CPUs that they may use always. */
export const rdsPrices = {
  instances: [
    { name: "db.t4g.micro", cpus: 2 * 0.1, hour: 0.016 },
    { name: "db.t4g.small", cpus: 2 * 0.2, hour: 0.032 },
    { name: "db.t4g.medium", cpus: 2 * 0.2, hour: 0.065 },
  ],
  storageGb: { tiers: [[0, 0.115]], source: rds, checked },
  smallestGb: 20,
  source: rds,
  checked,
} as const;

/** What a quantity of a month costs. */
export function cost({ tiers, free = 0, unit }: Price, quantity: number): number {
  const exact = Math.max(0, quantity - free);
  const billed = unit ? Math.ceil(exact / unit) * unit : exact;
  return tiers.reduce((sum, [from, usd], index) => {
    const to = tiers[index + 1]?.[0] ?? Number.POSITIVE_INFINITY;
    return sum + Math.max(0, Math.min(billed, to) - from) * usd;
  }, 0);
}
