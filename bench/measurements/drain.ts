import { queues } from "@keepsake/contract/queues";
import type { Database } from "../support/createDatabase.ts";
import type { MeasuredProcess } from "../support/forkProcess.ts";
import { sqsEvent } from "../support/lambdaEvents.ts";
import { interleave, type Sample } from "../support/measureInTurns.ts";
import type { Result, Row } from "../support/measurement.ts";
import {
  batchesOfTen,
  insertPending,
  insertPlainPending,
  noisePng,
} from "../support/pendingPortraits.ts";
import type { Environment } from "../support/startEnvironment.ts";

export const drain: Row = {
  name: "drain",
  title: "Draining portraits",
  async measure(environment) {
    const { keepsake, plain, inTurn, floor, steps } = await contenders(environment);
    await environment.store.call("configure", {});
    const count = 200;
    const medians = await interleave(environment.rounds(3), {
      Keepsake: (isWarmUp) => keepsake(isWarmUp ? 50 : count),
      "plain, ten at once": (isWarmUp) => plain(isWarmUp ? 50 : count),
      "plain, one after another": (isWarmUp) => inTurn(isWarmUp ? 50 : count),
      floor: (isWarmUp) => floor(isWarmUp ? 50 : count),
    });
    const { Keepsake } = medians;
    const ratio = (to: keyof typeof medians) => Keepsake.perSecond! / medians[to].perSecond!;
    return {
      goals: [
        {
          what: "portraits of 500 KB per second, decode included",
          actual: ratio("plain, ten at once"),
          unit: "× plain, ten at once",
          atLeast: 1.4,
        },
        {
          what: "the same",
          actual: ratio("plain, one after another"),
          unit: "× plain, one after another",
          atLeast: 2.5,
        },
        { what: "the same", actual: ratio("floor"), unit: "× floor", atLeast: 0.7 },
      ],
      figures: table(medians),
      method: `${count} portraits in batches of ten, ${atOnce} batches at the same time as the queue is configured, each contender in a process of its own; “one after another” is one portrait at a time. The store is a process that accepts PUTs over TLS and verifies nothing. Keepsake and plain decode each image fully. The floor does not: text from Postgres, \`Buffer.from\`, raw \`node:https\`, one UPDATE a batch.`,
      reason:
        "Postgres, the store and the function share two cores, so CPU per portrait decides, and most of it is spent on checking images. Plain only decodes each image once. Keepsake walks its chunks and checks their CRCs, inflates its rows to the last byte of the stream, since decoders skip data hidden there, and hashes it, so that R2 can verify that it received these bytes. The floor checks nothing.",
      steps,
    };
  },
};

export const drainFarAway: Row = {
  name: "drainFarAway",
  title: "Draining with 60 ms a PUT",
  async measure(environment) {
    const { keepsake, plain, inTurn } = await contenders(environment);
    await environment.store.call("configure", { delayMs: 60 });
    const medians = await interleave(environment.rounds(3), {
      Keepsake: (isWarmUp) => keepsake(isWarmUp ? 50 : 200),
      "plain, ten at once": (isWarmUp) => plain(isWarmUp ? 50 : 200),
      "plain, one after another": (isWarmUp) => inTurn(isWarmUp ? 10 : 40),
    });
    await environment.store.call("configure", {});
    const { Keepsake, "plain, one after another": inOrder } = medians;
    return {
      goals: [
        {
          what: "portraits of 500 KB per second at 60 ms a PUT",
          actual: Keepsake.perSecond! / inOrder.perSecond!,
          unit: "× plain, one after another",
          atLeast: 8,
        },
      ],
      figures: table(medians),
      method:
        "As above, with a store that responds 60 ms after it has received a PUT. “One after another” is measured with 40 portraits.",
      reason:
        "If it were only waiting, fifty portraits at once would far exceed this goal. On two cores the CPU is the limit: the section above shows what uses it.",
    };
  },
};

/** Batches at the same time, as in `contract/queues.ts`. */
const { concurrency: atOnce } = queues.PortraitQueue;

async function contenders(environment: Environment) {
  const png = await noisePng(500_000);
  const [keepsakeDatabase, plainDatabase] = [
    await environment.createDatabase("keepsake"),
    await environment.createDatabase("plain"),
  ];
  const links = {
    Database: { url: keepsakeDatabase.url, pool: atOnce },
    Images: { endpoint: environment.storeUrl, publicUrl: "https://images.example.com" },
  };
  const settings = {
    DATABASE_URL: plainDatabase.url,
    DATABASE_POOL: String(atOnce),
    R2_ENDPOINT: environment.storeUrl,
    R2_ACCESS_KEY_ID: "r2",
    R2_SECRET_ACCESS_KEY: "r2",
    R2_BUCKET: "images",
    PUBLIC_URL: "https://images.example.com",
  };
  const start = async (env: Record<string, string> = {}) => {
    const deployed = await environment.plainFunction("uploadPortraits", { ...settings, ...env });
    return environment.startLambda(deployed);
  };
  const floor = await environment.startProcess("processes/drainFloor.ts", {
    args: [keepsakeDatabase.url, `${environment.storeUrl}/images`],
  });
  const plain = async (worker: MeasuredProcess, count: number) =>
    drained(
      worker,
      "handle",
      plainDatabase,
      await insertPlainPending(plainDatabase, count, png),
      worker === inTurn ? 1 : atOnce,
    );
  const [together, inTurn] = [await start(), await start({ IN_TURN: "1" })];
  const keepsake = await environment.startLambda(
    environment.keepsakeFunction("uploadPortraits", links),
  );

  return {
    keepsake: async (count: number) =>
      drained(
        keepsake,
        "handle",
        keepsakeDatabase,
        await insertPending(keepsakeDatabase, count, png),
        atOnce,
      ),
    plain: (count: number) => plain(together, count),
    inTurn: (count: number) => plain(inTurn, count),
    floor: async (count: number) =>
      drained(
        floor,
        "drain",
        keepsakeDatabase,
        await insertPending(keepsakeDatabase, count, png),
        atOnce,
      ),
    /** What one portrait takes in Keepsake, step by step. */
    async steps() {
      const imageChecks = await environment.startProcess("processes/imageCheckSteps.ts");
      const portrait = { base64: png.toString("base64"), times: 40 };
      await imageChecks.call("steps", portrait);
      return imageChecks.call<[string, number][]>("steps", portrait);
    },
  };

  async function drained(
    worker: MeasuredProcess,
    name: "handle" | "drain",
    database: Database,
    messages: readonly object[],
    atOnce: number,
  ): Promise<Sample> {
    const batches = batchesOfTen(messages);
    const before = await environment.postgresCpu(database);
    const { cpu, wall } = await worker.call<Sample & { cpu: number; wall: number }>(
      name,
      name === "handle" ? { events: batches.map(sqsEvent), atOnce } : { batches, atOnce },
    );
    const postgres = (await environment.postgresCpu(database)) - before;
    const { length: count } = messages;
    return {
      perSecond: (count * 1_000) / wall,
      cpu: cpu / count,
      postgres: postgres / count,
    };
  }
}

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
