import { bill, type Line, moreOnRds } from "./bill.ts";
import { usage } from "./billedUsage.ts";
import { gbSeconds, invocationsOf } from "./invocations.ts";
import { type MeasuredWork, measured } from "./measuredWork.ts";
import { defaults, type Workload } from "./monthlyWorkload.ts";

/** The ways by which an image arrives, as tables name them. */
export const ways = {
  portraits: "a portrait, sent as base64",
  unchanged: "an upload that is published as it is",
  rewritten: "an upload that is encoded anew",
  rehosts: "a re-hosted image",
} as const;
export type Way = keyof typeof ways;

/** The default month, with all of its images by one way. */
export const allBy = (way: Way): Workload => ({
  ...defaults,
  ...{ portraits: 0, unchanged: 0, rewritten: 0, rehosts: 0, [way]: 1 },
});

/** The bill of a million more images of one way, beyond every free tier: without views, lists and later months. */
export function millionMore(way: Way, work: MeasuredWork = measured): Line[] {
  const [before, after] = months(way).map((month) => bill(month, work));
  return after!.map((line, index) => ({
    ...line,
    quantity: line.quantity - before![index]!.quantity,
    usd: line.usd - before![index]!.usd,
  }));
}

export type Step = { what: string; usd: number };

/** The same in steps: with the compute of each function by itself, and with Postgres on RDS. */
export function stepsOfMillion(way: Way, work: MeasuredWork = measured): Step[] {
  return [
    ...millionMore(way, work).flatMap((line) =>
      line.what === "Lambda, compute" ? computeOfFunctions(way, work, line.usd) : [line],
    ),
    postgres(way, work),
  ].filter(({ usd }) => usd > 0);
}

/** What compute costs, by the GB-seconds of each function. */
function computeOfFunctions(way: Way, work: MeasuredWork, usd: number): Step[] {
  const [before, after] = months(way).map((month) => {
    const times = new Map<string, number>();
    for (const each of invocationsOf(month, work))
      times.set(each.function, (times.get(each.function) ?? 0) + gbSeconds(each));
    return times;
  });
  const more = [...after!].map(([name, sum]) => ({ name, gbSeconds: sum - before!.get(name)! }));
  const all = more.reduce((sum, each) => sum + each.gbSeconds, 0);
  return more.map(({ name, gbSeconds }) => ({
    what: `Lambda, compute of \`${name}\``,
    usd: (usd * gbSeconds) / all,
  }));
}

function postgres(way: Way, work: MeasuredWork): Step {
  const [before, after] = months(way).map((month) => usage(month, work));
  const seconds = after!.postgresSeconds - before!.postgresSeconds;
  const gb = ((after!.postgresRows - before!.postgresRows) * work.rowBytes) / 1e9;
  return { what: "Postgres on RDS, CPU and rows", usd: moreOnRds(seconds, gb) };
}

/** Two months that are beyond every free tier, the second with a million more images. */
const months = (way: Way): Workload[] =>
  [20_000_000, 21_000_000].map((images) => ({
    ...allBy(way),
    ...{ images, views: 0, erased: 0, requests: 0, kept: 1 },
  }));
