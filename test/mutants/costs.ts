import type { Mutant } from "./mutant.ts";

const room = "packages/ops/costs";

/** What a month is said to cost, and where a setting of a limit is lost. */
export const costs: Mutant[] = [
  {
    name: "an unchanged upload is counted as sent out of AWS",
    by: "test/ops/costs.test.ts > has no egress of the picture",
    file: `${room}/billedUsage.ts`,
    find: 'of("unchanged") * work.copiesBytes +',
    replace: 'of("unchanged") * published.unchanged +',
  },
  {
    name: "the free part of a price is billed",
    by: "test/ops/costs.test.ts > has tiers that rise",
    file: `${room}/prices.ts`,
    find: "Math.max(0, quantity - free)",
    replace: "Math.max(0, quantity)",
  },
  {
    name: "a price's second tier begins at nothing",
    by: "test/ops/costs.test.ts > has tiers that rise",
    file: `${room}/prices.ts`,
    find: "Math.min(billed, to) - from",
    replace: "Math.min(billed, to)",
  },
  {
    name: "polls of idle queues cost nothing",
    by: "test/ops/costs.test.ts > by hand",
    file: `${room}/billedUsage.ts`,
    find: 'batches + of("rehosts")) + polls',
    replace: 'batches + of("rehosts"))',
  },
  {
    name: "a function with little memory has a whole CPU",
    by: "test/ops/costs.test.ts > by hand",
    file: `${room}/invocations.ts`,
    find: "(cpu / share + waits)",
    replace: "(cpu + waits)",
  },
  {
    name: "API_REQUESTS_PER_SECOND changes the rate and not the burst",
    by: "test/infra/api.test.ts > requests are throttled",
    file: "infra/api.ts",
    find: "throttlingBurstLimit: 2 * apiRequestsPerSecond",
    replace: "throttlingBurstLimit: 100",
    tests: ["test/infra/api.test.ts"],
  },
  {
    name: "a queue may have one batch at a time, which Lambda refuses",
    by: "test/infra/settings.test.ts > QUEUE_CONCURRENCY cannot be 1",
    file: "infra/settings.ts",
    find: 'wholeNumber("QUEUE_CONCURRENCY", 5, [2, 1_000])',
    replace: 'wholeNumber("QUEUE_CONCURRENCY", 5, [1, 1_000])',
    tests: ["test/infra/settings.test.ts"],
  },
];
