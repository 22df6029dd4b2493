import { queues } from "@keepsake/contract/queues";
import type { Database } from "./createDatabase.ts";
import type { MeasuredProcess } from "./forkProcess.ts";
import { sqsEvent } from "./lambdaEvents.ts";
import type { Sample } from "./measureInTurns.ts";
import { batchesOfTen, insertPending, insertPlainPending, noisePng } from "./pendingPortraits.ts";
import type { Environment } from "./startEnvironment.ts";

/** Batches at the same time, as in `contract/queues.ts`. */
export const { concurrency: batchesAtOnce } = queues.PortraitQueue;

/** Processes that publish portraits, each with a database of its own beside the floor's. */
export async function drainContenders(environment: Environment) {
  const png = await noisePng(500_000);
  const [keepsakeDatabase, plainDatabase] = [
    await environment.createDatabase("keepsake"),
    await environment.createDatabase("plain"),
  ];
  const links = {
    Database: { url: keepsakeDatabase.url, pool: batchesAtOnce },
    Images: { endpoint: environment.storeUrl, publicUrl: "https://images.example.com" },
  };
  const settings = {
    DATABASE_URL: plainDatabase.url,
    DATABASE_POOL: String(batchesAtOnce),
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
      worker === inTurn ? 1 : batchesAtOnce,
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
        batchesAtOnce,
      ),
    plain: (count: number) => plain(together, count),
    inTurn: (count: number) => plain(inTurn, count),
    floor: async (count: number) =>
      drained(
        floor,
        "drain",
        keepsakeDatabase,
        await insertPending(keepsakeDatabase, count, png),
        batchesAtOnce,
      ),
    /** What one portrait takes in Keepsake, step by step. */
    async takeSteps() {
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
    const { length } = messages;
    return {
      perSecond: (length * 1_000) / wall,
      cpu: cpu / length,
      postgres: postgres / length,
    };
  }
}
