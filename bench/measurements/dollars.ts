import { stepsOfMillion, type Way, ways } from "@keepsake/ops/costs/costsOfWays";
import { type MeasuredWork, measured } from "@keepsake/ops/costs/measuredWork";
import { defaults } from "@keepsake/ops/costs/monthlyWorkload";
import { aws } from "@keepsake/ops/costs/prices";
import { medians, type Sample } from "../support/measureInTurns.ts";
import type { Row } from "../support/measurement.ts";
import { measuredRuns } from "./resourcesPerImage.ts";

/** Computed: what a million images of each way cost, by what `publishing` measured in this run of the benchmark. */
export const dollars: Row = {
  name: "dollars",
  title: "US dollars per million images",
  async measure() {
    const isMeasured = measuredRuns.length > 0;
    const work = isMeasured ? workOf(medians(measuredRuns)) : measured;
    const names = Object.keys(ways) as Way[];
    const bills = names.map((way) => stepsOfMillion(way, work));
    const steps = [...new Set(bills.flat().map(({ what }) => what))];
    const sums = bills.map((bill) => bill.reduce((sum, { usd }) => sum + usd, 0));
    const { checked } = aws[defaults.region].lambdaGbSeconds;
    return {
      goals: [],
      figures: [
        ["", ...names.flatMap((way) => [ways[way], "share"])],
        ...steps.map((step) => [
          step,
          ...bills.flatMap((bill, index) => {
            const usd = bill.find(({ what }) => what === step)?.usd;
            return usd === undefined ? ["", ""] : [usd, share(usd, sums[index]!)];
          }),
        ]),
        ["sum", ...sums.flatMap((sum) => [sum, share(sum, sum)])],
      ],
      method: `Of 500 KB each, beyond every free tier, at the list prices of ${checked} in [\`packages/ops/costs/prices.ts\`](../packages/ops/costs/prices.ts), with storage for a month, and without views and lists. The CPU of functions and the bytes that they send are ${
        isMeasured ? "those of the section above" : "the constants of `measuredWork.ts`"
      }; Postgres' CPU, calls and waits are those of [docs/costs.md](costs.md).`,
    };
  },
};

/** The constants of docs/costs.md with what was measured in this run in their place. */
function workOf(sample: Sample): MeasuredWork {
  const { copiesBytes, rewrittenBytes, ...cpuMs } = sample;
  return {
    ...measured,
    cpuMs: { ...measured.cpuMs, ...cpuMs },
    copiesBytes: copiesBytes!,
    rewrittenBytes: rewrittenBytes!,
  };
}

const share = (usd: number, sum: number) => `${Math.round((usd / sum) * 100)} %`;
