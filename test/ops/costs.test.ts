import { bill, total } from "@keepsake/ops/costs/bill";
import { usage } from "@keepsake/ops/costs/billedUsage";
import { endsAt, parts } from "@keepsake/ops/costs/capacity";
import { compare } from "@keepsake/ops/costs/competitors";
import { millionMore, stepsOfMillion, type Way, ways } from "@keepsake/ops/costs/costsOfWays";
import { counted, measured } from "@keepsake/ops/costs/measuredWork";
import { defaults, parseOptions, type Workload } from "@keepsake/ops/costs/monthlyWorkload";
import { aws, cloudflare, cost } from "@keepsake/ops/costs/prices";
import { updatedDocuments } from "@keepsake/ops/costs/updateDocuments";
import { describe, expect, test } from "vitest";

/** Ten million uploads of 1 MB that are published as they are, seen once each, with nothing else. */
const uploads: Workload = {
  ...defaults,
  images: 10_000_000,
  bytes: 1_000_000,
  portraits: 0,
  unchanged: 1,
  rewritten: 0,
  rehosts: 0,
  requests: 0,
  views: 10,
  hits: 0.9,
  erased: 0,
  kept: 1,
};

describe("the bill of a month", () => {
  test("is what ten million uploads come to by hand", () => {
    const used = usage(uploads);
    // two requests each, and a function for each of them
    expect(used.httpRequests).toBe(20_000_000);
    expect(used.invocations).toBe(20_000_000 + 43_800);
    // the browser's PUT, two copies and the CopyObject
    expect(used.classA).toBe(40_000_000);
    // read back once, looked for by the sweep, and one view of ten behind the CDN
    expect(used.classB).toBeCloseTo(30_000_000);
    expect(used.storedGb).toBeCloseTo(10_000 + 10 * 106);
    // four queues, five connections of 20 s each, 43,800 minutes
    expect(used.sqsRequests).toBe(4 * 15 * 43_800);
    // the copies, and two responses of 2 kB: never the picture
    expect(used.outGb).toBeCloseTo((1e7 * (106_000 + 4_000)) / 2 ** 30);
    // 512 MB is 0.289 of a CPU: 6.01 ms and two queries; then 81.76 ms and 188 ms with 3,008 MB
    const presigned = 1e7 * 0.5 * ((1.74 * 1_769) / 512 + 4) * 1e-3;
    const completed = 1e7 * 2.9375 * (81.76 + 188) * 1e-3;
    const swept = (43_800 * (10.4 + 66) + 2e7 * 1.09) * 1e-3 * (1_769 / 1_024);
    expect(used.gbSeconds).toBeCloseTo(presigned + completed + swept, 0);

    const usd = Object.fromEntries(bill(uploads).map((line) => [line.what, line.usd]));
    expect(usd).toMatchObject({
      "R2 storage": 11_050 * 0.015,
      "R2 writes (class A)": 39 * 4.5,
      "R2 reads (class B)": expect.closeTo(20 * 0.36),
      "HTTP API": expect.closeTo(20),
      SQS: expect.closeTo((2_628_000 - 1_000_000) * 0.4e-6),
      "EventBridge Scheduler": 0,
      "CloudWatch alarms": expect.closeTo(1),
      "CloudWatch metrics": expect.closeTo(6.6),
    });
    expect(total(bill(uploads))).toBeCloseTo(
      Object.values(usd).reduce((sum, line) => sum + line, 0),
    );
  });

  test("has no egress of the picture for an unchanged upload, and all of it for the other ways", () => {
    const out = (way: "portraits" | "unchanged" | "rewritten" | "rehosts") =>
      (usage({ ...uploads, unchanged: 0, [way]: 1 }).outGb * 2 ** 30) / uploads.images;
    const copies = measured.copiesBytes + 4_000;
    expect(out("unchanged")).toBeCloseTo(copies);
    expect(out("rewritten")).toBeCloseTo(copies + 1_000_000 * measured.rewrittenBytes);
    expect(out("rehosts")).toBeCloseTo(copies - 2_000 + 1_000_000);
    expect(out("portraits")).toBeGreaterThan(1_000_000);
  });

  test("counts erasures: a request, two looks at each object, and less storage", () => {
    const [kept, erased] = [0, 0.5].map((share) => usage({ ...uploads, erased: share }));
    const deletions = 5_000_000;
    expect(erased!.httpRequests - kept!.httpRequests).toBe(deletions);
    expect(erased!.classB - kept!.classB).toBeCloseTo(deletions * 3 * counted.removals);
    expect(erased!.storedGb).toBeCloseTo(kept!.storedGb / 2);
  });

  test("a database that is bought for it is a line of its own, and sleeps only when sweeps are rare", () => {
    const neon = (change: Partial<Workload>) =>
      bill({ ...defaults, images: 10, database: "neon", ...change }).at(-1)!;
    expect(bill(defaults).some(({ what }) => what.startsWith("Postgres"))).toBe(false);
    expect(neon({ sweep: 1 })).toMatchObject({ quantity: 730 / 4 });
    expect(neon({ sweep: 60 }).usd).toBeLessThan(neon({ sweep: 1 }).usd / 10);
    expect(bill({ ...defaults, database: "rds" }).at(-1)!.what).toMatch(/^Postgres on RDS/);
  });
});

describe("a million more images of one way", () => {
  test.each(Object.keys(ways) as Way[])("cost as much in steps as on the bill: %s", (way) => {
    const steps = stepsOfMillion(way);
    const onTheBill = steps.filter(({ what }) => !what.startsWith("Postgres"));
    const sum = onTheBill.reduce((all, { usd }) => all + usd, 0);
    expect(sum).toBeCloseTo(total(millionMore(way)));
  });

  test("cost what each function computes, and what Postgres takes and keeps on RDS", () => {
    const usd = Object.fromEntries(stepsOfMillion("unchanged").map(({ what, usd }) => [what, usd]));
    // 3,008 MB for 81.76 ms and 188 ms
    expect(usd["Lambda, compute of `completeUpload`"]).toBeCloseTo(
      1e6 * 2.9375 * (81.76 + 188) * 1e-3 * 0.0000133334,
    );
    // two requests of 0.5 ms, on 0.4 CPUs that are busy for 30 % of the time, and a million rows
    expect(usd["Postgres on RDS, CPU and rows"]).toBeCloseTo(
      (1_000 / 0.3 / 0.4 / 3_600) * 0.065 + 1.116 * 0.115,
    );
  });

  test("cost more when a run of the benchmark measured more CPU", () => {
    const slower = { ...measured, cpuMs: { ...measured.cpuMs, unchanged: 200 } };
    const [before, after] = [stepsOfMillion("unchanged"), stepsOfMillion("unchanged", slower)];
    const dearer = after.filter(({ usd }, step) => usd > before[step]!.usd + 0.001);
    expect(dearer.map(({ what }) => what)).toEqual(["Lambda, compute of `completeUpload`"]);
  });
});

describe("a price", () => {
  test("has tiers that rise, a free part, and units that are rounded up", () => {
    const { outGb } = aws["us-east-1"];
    expect(cost(outGb, 100)).toBe(0);
    expect(cost(outGb, 1_100)).toBeCloseTo(90);
    expect(cost(outGb, 100 + 10_240 + 10)).toBeCloseTo(10_240 * 0.09 + 10 * 0.085);
    expect(cost(cloudflare.classA, 1_000_001)).toBeCloseTo(4.5);
    expect(cost(cloudflare.storageGb, 11.1)).toBeCloseTo(2 * 0.015);
  });

  test("names its source and the day on which it was checked", () => {
    for (const price of [...Object.values(aws["eu-central-1"]), ...Object.values(cloudflare)]) {
      expect(price.source).toMatch(/^https:\/\//);
      expect(price.checked).toMatch(/^20\d\d-\d\d-\d\d$/);
    }
  });
});

test.each([10_000, 1_000_000, 100_000_000])(
  "with a Postgres that exists, no peer is cheaper at %i images a month",
  (images) => {
    const { own, peers } = compare({ ...defaults, images });
    for (const { usd } of peers) expect(own).toBeLessThan(usd);
  },
);

test("the parts that end below 100 images a second are those that a setting or a quota moves", () => {
  const short = parts(defaults).filter((part) => endsAt(part) < 100);
  expect(short.map(({ what }) => what)).toEqual([
    "API, this deployment's throttle",
    "Lambda, a new account's concurrency",
    "Purges by prefix, plan free",
  ]);
});

test("a queue ends where its batches in flight do", () => {
  const rehosts = parts({ ...defaults, portraits: 0, unchanged: 0, rewritten: 0, rehosts: 1 });
  const queue = rehosts.find(({ what }) => what.startsWith("RehostQueue"))!;
  // five images a batch: 120.46 ms of CPU each; a download, two rounds of R2 and four queries for all
  expect(queue.need).toBeCloseTo((5 * (122.2 - 1.74) + 200 + 120 + 8) / 5_000);
  expect(endsAt(queue)).toBeCloseTo(5 / queue.need);
});

test("the tables of the documents are those that `npm run costs -- --write` writes", async () => {
  for (const { text, updated } of await updatedDocuments()) {
    expect(text).toContain("<!-- costs: ");
    expect(text).toBe(updated);
  }
});

describe("npm run costs", () => {
  test("takes every assumption as an option", () => {
    const { workload, json } = parseOptions([
      "--images",
      "5",
      "--sweep=15",
      "--plan",
      "pro",
      "--json",
    ]);
    expect(workload).toEqual({ ...defaults, images: 5, sweep: 15, plan: "pro" });
    expect(json).toBe(true);
  });

  test("puts no more portraits into a request than its body may hold", () => {
    expect(parseOptions(["--bytes", "3000000"]).workload.pieces).toBe(1);
    expect(parseOptions(["--bytes", "1000000"]).workload.pieces).toBe(4);
  });

  test.each([
    ["--images 0", '--images must be a number from 1 to 1000000000000, not "0"'],
    ["--images many", '--images must be a number from 1 to 1000000000000, not "many"'],
    ["--hits 95", '--hits must be a number from 0 to 1, not "95"'],
    ["--plan gold", '--plan must be one of free, pro, business, not "gold"'],
    ["--sweep 0", '--sweep must be a whole number from 1 to 60, not "0"'],
    ["--sweep 1.5", '--sweep must be a whole number from 1 to 60, not "1.5"'],
    ["--portraits 0.9", "are shares that must add up to 1, not to 1.6"],
    ["--bytes 4000000", "--bytes must be at most 3000000 with --portraits above 0"],
    ["--picture 1", "--picture"],
    ["--write --images 5", "--write takes no other option"],
  ])("rejects %s", (args, message) => {
    expect(() => parseOptions(args.split(" "))).toThrow(message);
  });
});
