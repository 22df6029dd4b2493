import { queues } from "@keepsake/contract/queues";
import type { Database } from "./createDatabase.ts";
import type { MeasuredProcess } from "./forkProcess.ts";
import type { DeployedFunction } from "./lambdaBundles.ts";
import { sqsEvent } from "./lambdaEvents.ts";
import type { Sample } from "./measureInTurns.ts";
import { batchesOfTen, insertPending, insertPlainPending, noisePng } from "./pendingPortraits.ts";
import type { Environment } from "./startEnvironment.ts";

/** Batches at the same time, as in `contract/queues.ts`. */
export const { concurrency: batchesAtOnce } = queues.PortraitQueue;

/**
 * Processes that publish portraits, as many as batches at the same time, since a Lambda has one batch at a time. Keepsake
 * and plain have a database each; the floor, in one process, shares Keepsake's.
 */
export async function drainContenders(environment: Environment) {
  const png = await noisePng(500_000);
  const [keepsakeDatabase, plainDatabase] = [
    await environment.createDatabase("keepsake"),
    await environment.createDatabase("plain"),
  ];
  const links = {
    Database: { url: keepsakeDatabase.url },
    Images: { endpoint: environment.storeUrl, publicUrl: "https://images.example.com" },
  };
  const settings = {
    DATABASE_URL: plainDatabase.url,
    R2_ENDPOINT: environment.storeUrl,
    R2_ACCESS_KEY_ID: "r2",
    R2_SECRET_ACCESS_KEY: "r2",
    R2_BUCKET: "images",
    PUBLIC_URL: "https://images.example.com",
  };
  const startEach = (deployed: DeployedFunction) =>
    Promise.all(Array.from({ length: batchesAtOnce }, () => environment.startLambda(deployed)));
  const plainFunction = (env: Record<string, string> = {}) =>
    environment.plainFunction("uploadPortraits", { ...settings, ...env });
  const floor = await environment.startProcess("processes/drainFloor.ts", {
    args: [keepsakeDatabase.url, `${environment.storeUrl}/images`],
  });
  const plain = await startEach(await plainFunction());
  const inTurn = await environment.startLambda(await plainFunction({ IN_TURN: "1" }));
  const keepsake = await startEach(environment.keepsakeFunction("uploadPortraits", links));
  const imageChecks = await environment.startProcess("processes/imageCheckSteps.ts");
  const base64 = png.toString("base64");

  return {
    keepsake: async (count: number) =>
      handled(keepsake, keepsakeDatabase, await insertPending(keepsakeDatabase, count, png)),
    plain: async (count: number) =>
      handled(plain, plainDatabase, await insertPlainPending(plainDatabase, count, png)),
    inTurn: async (count: number) =>
      handled([inTurn], plainDatabase, await insertPlainPending(plainDatabase, count, png)),
    floor: async (count: number) => {
      const messages = await insertPending(keepsakeDatabase, count, png);
      const batches = batchesOfTen(messages);
      const drain = () => floor.call<Usage>("drain", { batches, atOnce: batchesAtOnce });
      return drained(keepsakeDatabase, count, async () => [await drain()]);
    },
    /** The smaller copies alone, which every design makes, by a process that does nothing else. */
    copies: (count: number) => imageChecks.call<Sample>("copies", { base64, times: count }),
    /** What one portrait takes in Keepsake, step by step. */
    async takeSteps() {
      const portrait = { base64, times: 40 };
      await imageChecks.call("steps", portrait);
      return imageChecks.call<[string, number][]>("steps", portrait);
    },
  };

  /** Each process handles its share of the batches, one after another. */
  function handled(workers: MeasuredProcess[], database: Database, messages: readonly object[]) {
    const events = batchesOfTen(messages).map(sqsEvent);
    const shares = workers.map((_, first) =>
      events.filter((_, index) => index % workers.length === first),
    );
    return drained(database, messages.length, () =>
      Promise.all(
        workers.map((worker, index) => worker.call<Usage>("handle", { events: shares[index] })),
      ),
    );
  }

  async function drained(
    database: Database,
    count: number,
    drain: () => Promise<Usage[]>,
  ): Promise<Sample> {
    const before = await environment.postgresCpu(database);
    const usages = await drain();
    const postgres = (await environment.postgresCpu(database)) - before;
    const cpu = usages.reduce((sum, usage) => sum + usage.cpu, 0);
    return {
      perSecond: (count * 1_000) / Math.max(...usages.map(({ wall }) => wall)),
      cpu: cpu / count,
      postgres: postgres / count,
    };
  }
}

/** In milliseconds, of a process and its children. */
type Usage = { cpu: number; wall: number };
