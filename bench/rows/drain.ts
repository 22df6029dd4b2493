import { queues } from "@keepsake/contract/queues";
import type { Database } from "../support/databases.ts";
import type { Lab } from "../support/environment.ts";
import { batch } from "../support/events.ts";
import { interleaved, type Sample } from "../support/measure.ts";
import type { Subject } from "../support/measuredProcess.ts";
import { inTens, noise, pending, plainPending } from "../support/portraits.ts";
import type { Findings, Row } from "../support/row.ts";

export const drain: Row = {
  name: "drain",
  title: "Draining portraits",
  async measure(lab) {
    const { keepsake, plain, inTurn, floor, steps } = await contenders(lab);
    await lab.store.ask("behave", {});
    const of = 200;
    const medians = await interleaved(lab.rounds(3), {
      Keepsake: (isWarmUp) => keepsake(isWarmUp ? 50 : of),
      "plain, ten at once": (isWarmUp) => plain(isWarmUp ? 50 : of),
      "plain, one after another": (isWarmUp) => inTurn(isWarmUp ? 50 : of),
      floor: (isWarmUp) => floor(isWarmUp ? 50 : of),
    });
    const { Keepsake } = medians;
    const ratio = (to: keyof typeof medians) => Keepsake.perSecond! / medians[to].perSecond!;
    return {
      goals: [
        {
          what: "portraits of 500 KB per second, decode included",
          reached: ratio("plain, ten at once"),
          unit: "× plain, ten at once",
          atLeast: 1.4,
        },
        {
          what: "the same",
          reached: ratio("plain, one after another"),
          unit: "× plain, one after another",
          atLeast: 2.5,
        },
        { what: "the same", reached: ratio("floor"), unit: "× floor", atLeast: 0.7 },
      ],
      figures: table(medians),
      how: `${of} portraits in batches of ten, ${atOnce} batches in work at the same time as the queue is set up, each contender in a process of its own; one after another is one portrait at a time. The store is a process that takes PUTs over TLS and verifies nothing. Keepsake and plain decode each picture fully. The floor does not: text from Postgres, \`Buffer.from\`, raw \`node:https\`, one UPDATE a batch.`,
      reason:
        "Two cores are shared by Postgres, the store and the function, so what counts is CPU per portrait, and most of it is spent on looking. Plain decodes each picture once and believes it. Keepsake walks its chunks with their CRCs, inflates its rows to the last byte of the stream, since decoders skip what is hidden there, and hashes it, so that R2 can tell that it got these bytes. The floor does not look at all.",
      steps,
    };
  },
};

export const drainFarAway: Row = {
  name: "drainFarAway",
  title: "Draining with 60 ms a PUT",
  async measure(lab) {
    const { keepsake, plain, inTurn } = await contenders(lab);
    await lab.store.ask("behave", { delayMs: 60 });
    const medians = await interleaved(lab.rounds(3), {
      Keepsake: (isWarmUp) => keepsake(isWarmUp ? 50 : 200),
      "plain, ten at once": (isWarmUp) => plain(isWarmUp ? 50 : 200),
      "plain, one after another": (isWarmUp) => inTurn(isWarmUp ? 10 : 40),
    });
    await lab.store.ask("behave", {});
    const { Keepsake, "plain, one after another": inOrder } = medians;
    return {
      goals: [
        {
          what: "portraits of 500 KB per second at 60 ms a PUT",
          reached: Keepsake.perSecond! / inOrder.perSecond!,
          unit: "× plain, one after another",
          atLeast: 8,
        },
      ],
      figures: table(medians),
      how: "As above, with a store that answers 60 ms after it has a PUT. One after another is measured on 40 portraits.",
      reason:
        "Were there nothing but waiting, fifty portraits at once would be far beyond this goal. On two cores the CPU is used up first: see above for what by.",
    };
  },
};

/** Batches in work at the same time, as in `contract/queues.ts`. */
const { concurrency: atOnce } = queues.PortraitQueue;

async function contenders(lab: Lab) {
  const png = await noise(500_000);
  const [ours, theirs] = [await lab.database("keepsake"), await lab.database("plain")];
  const links = {
    Database: { url: ours.url, pool: atOnce },
    Images: { endpoint: lab.storeUrl, publicUrl: "https://images.example.com" },
  };
  const settings = {
    DATABASE_URL: theirs.url,
    DATABASE_POOL: String(atOnce),
    R2_ENDPOINT: lab.storeUrl,
    R2_ACCESS_KEY_ID: "r2",
    R2_SECRET_ACCESS_KEY: "r2",
    R2_BUCKET: "images",
    PUBLIC_URL: "https://images.example.com",
  };
  const start = async (env: Record<string, string> = {}) => {
    const deployed = await lab.plain("uploadPortraits", { ...settings, ...env });
    return lab.lambda(deployed);
  };
  const floor = await lab.run("processes/floor.ts", { args: [ours.url, `${lab.storeUrl}/images`] });
  const plain = async (subject: Subject, count: number) =>
    drained(
      subject,
      "handle",
      theirs,
      await plainPending(theirs, count, png),
      subject === inTurn ? 1 : atOnce,
    );
  const [together, inTurn] = [await start(), await start({ IN_TURN: "1" })];
  const keepsake = await lab.lambda(lab.keepsake("uploadPortraits", links));

  return {
    keepsake: async (count: number) =>
      drained(keepsake, "handle", ours, await pending(ours, count, png), atOnce),
    plain: (count: number) => plain(together, count),
    inTurn: (count: number) => plain(inTurn, count),
    floor: async (count: number) =>
      drained(floor, "drain", ours, await pending(ours, count, png), atOnce),
    /** What one portrait costs us, step by step. */
    async steps() {
      const looking = await lab.run("processes/imageChecks.ts");
      const portrait = { base64: png.toString("base64"), times: 40 };
      await looking.ask("steps", portrait);
      return looking.ask<[string, number][]>("steps", portrait);
    },
  };

  async function drained(
    subject: Subject,
    name: "handle" | "drain",
    database: Database,
    messages: readonly object[],
    atOnce: number,
  ): Promise<Sample> {
    const batches = inTens(messages);
    const before = await lab.backendCpu(database);
    const { cpu, wall } = await subject.ask<Sample & { cpu: number; wall: number }>(
      name,
      name === "handle" ? { events: batches.map(batch), atOnce } : { batches, atOnce },
    );
    const postgres = (await lab.backendCpu(database)) - before;
    const { length: count } = messages;
    return {
      perSecond: (count * 1_000) / wall,
      cpu: cpu / count,
      postgres: postgres / count,
    };
  }
}

function table(medians: Record<string, Sample>): Findings["figures"] {
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
