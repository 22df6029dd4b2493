import { availableParallelism } from "node:os";
import { batchesAtOnce, drainContenders } from "../support/drainContenders.ts";
import { interleave, type Sample } from "../support/measureInTurns.ts";
import type { Result, Row } from "../support/measurement.ts";

export const drain: Row = {
  name: "drain",
  title: "Draining portraits",
  async measure(environment) {
    const { keepsake, plain, inTurn, floor, copies, takeSteps } =
      await drainContenders(environment);
    await environment.store.call("configure", {});
    const { copies: copy, ...medians } = await interleave(environment.rounds(2), {
      Keepsake: (isWarmUp) => keepsake(isWarmUp ? 50 : count),
      "plain, ten at once": (isWarmUp) => plain(isWarmUp ? 50 : count),
      "plain, one after another": (isWarmUp) => inTurn(isWarmUp ? 10 : countInTurn),
      floor: (isWarmUp) => floor(isWarmUp ? 50 : count),
      copies: (isWarmUp) => copies(isWarmUp ? 50 : count),
    });
    const { Keepsake } = medians;
    const ratio = (to: keyof typeof medians) => Keepsake.perSecond! / medians[to].perSecond!;
    return {
      goals: [
        {
          what: "portraits of 500 KB with a smaller copy each, per second",
          actual: ratio("plain, ten at once"),
          unit: "× plain, ten at once",
          atLeast: 1.6,
        },
        {
          what: "the same",
          actual: ratio("plain, one after another"),
          unit: "× plain, one after another",
          atLeast: 3,
        },
      ],
      figures: table(medians),
      method: `${count} portraits in batches of ten, by ${batchesAtOnce} processes with a batch at a time each, as the queue is configured; “one after another” is one process with one portrait at a time, ${countInTurn} of them. Keepsake and plain decode each image fully, make a copy of 320 pixels as a WebP by the same settings of sharp, PUT the copy and then the portrait, and write the row. The store is a process that accepts PUTs over TLS and verifies nothing. The floor is shown without a goal: it checks nothing and makes no copy, and is text from Postgres, \`Buffer.from\`, raw \`node:https\` and one UPDATE a batch.`,
      reason: whyDrainIsMissed(medians, copy),
      steps: takeSteps,
    };
  },
};

/** The goals are ratios of throughput; on machines that are busy with nothing else, that is the ratio of CPU time. */
function whyDrainIsMissed(medians: Record<string, Sample>, { cpu: copy }: Sample): string {
  const total = ({ cpu, postgres }: Sample) => cpu! + postgres!;
  const least = total(medians.floor!) + copy!;
  const ofPlain = total(medians["plain, ten at once"]!);
  const inTurn = medians["plain, one after another"]!.perSecond!;
  const most = (cores * 1_000) / least;
  return (
    `Postgres, the store and the function share ${cores} cores, so CPU per portrait decides. ` +
    `Every design decodes the image and encodes its copy by libvips, which takes ${copy!.toFixed(1)} ms, beside the ` +
    `${total(medians.floor!).toFixed(1)} ms of the floor: ${least.toFixed(1)} of plain's ${ofPlain.toFixed(1)} ms. ` +
    `So no design drains more than ${(ofPlain / least).toFixed(2)} × plain, ten at once, on this machine, even one that ` +
    `checks nothing, nor more than ${most.toFixed(0)} a second, ${(most / inTurn).toFixed(2)} × plain, one after another. ` +
    "Both were measured in the same turns. Beyond that, Keepsake walks the chunks and compares their CRCs, inflates the rows to the " +
    "last byte of the stream, since decoders skip data hidden there, and hashes what it sends, so that R2 can verify it."
  );
}

export const drainFarAway: Row = {
  name: "drainFarAway",
  title: "Draining with 60 ms a PUT",
  async measure(environment) {
    const { keepsake, plain, inTurn } = await drainContenders(environment);
    await environment.store.call("configure", { delayMs: 60 });
    const medians = await interleave(environment.rounds(2), {
      Keepsake: (isWarmUp) => keepsake(isWarmUp ? 50 : count),
      "plain, ten at once": (isWarmUp) => plain(isWarmUp ? 50 : count),
      "plain, one after another": (isWarmUp) => inTurn(isWarmUp ? 5 : countFarAway),
    });
    await environment.store.call("configure", {});
    const { Keepsake, "plain, one after another": inOrder } = medians;
    return {
      goals: [
        {
          what: "portraits of 500 KB with a smaller copy each, per second, at 60 ms a PUT",
          actual: Keepsake.perSecond! / inOrder.perSecond!,
          unit: "× plain, one after another",
          atLeast: 10,
        },
      ],
      figures: table(medians),
      method: `As above, with a store that responds 60 ms after it has received a PUT. “One after another” is measured with ${countFarAway} portraits.`,
      reason:
        "If it were only waiting, fifty portraits at once would far exceed this goal. On two cores the CPU is the limit: the section above shows what uses it.",
    };
  },
};

/** Postgres and the store run beside the functions. */
const cores = availableParallelism();
const count = 100;
const countInTurn = 30;
const countFarAway = 15;

function table(medians: Record<string, Sample>): Result["figures"] {
  return [
    ["", "portraits/s", "CPU each, ms", "Postgres' CPU each, ms"],
    ...Object.entries(medians).map(([name, { perSecond, cpu, postgres }]) => [
      name,
      perSecond!,
      cpu!,
      postgres!,
    ]),
  ];
}
