import type { Database } from "../support/createDatabase.ts";
import { sqsEvent } from "../support/lambdaEvents.ts";
import { median } from "../support/measureInTurns.ts";
import type { Row } from "../support/measurement.ts";
import { batchesOfTen, insertPending, noisePng } from "../support/pendingPortraits.ts";
import type { Environment } from "../support/startEnvironment.ts";

const rows = 200;

type Bytes = { resident: number; held: number };
type Memory = { peak: Bytes; now: Bytes };

export const memory: Row = {
  name: "memory",
  title: "Memory of `uploadPortraits`",
  async measure(environment) {
    const many = await drained(environment, 50_000, { rounds: environment.rounds(50) });
    const large = await drained(environment, 500_000, { rounds: environment.rounds(2) });
    const held = await drained(environment, 500_000, { rounds: 1, collecting: true });
    const peaks = many.peaks.map(({ resident }) => resident);
    const fifth = Math.ceil(peaks.length / 5);
    const [early, last] = [median(peaks.slice(fifth, 2 * fifth)), median(peaks.slice(-fifth))];
    const mostHeld = Math.max(...held.peaks.map((peak) => peak.held));
    const mostResident = Math.max(...large.peaks.map((peak) => peak.resident));
    const { batchBytes } = large;
    return {
      goals: [
        {
          what: `memory of \`uploadPortraits\` over ${(peaks.length * rows).toLocaleString("en")} messages: the last fifth's peaks, resident`,
          actual: last / early,
          unit: "× the second fifth's",
          atMost: 1.1,
        },
        {
          what: "its peak over idle, without garbage",
          actual: (mostHeld - held.idle.held) / batchBytes,
          unit: "× the bytes of a batch",
          atMost: 3,
        },
        {
          what: "its peak over idle, resident, with garbage that is not collected yet",
          actual: (mostResident - large.idle.resident) / batchBytes,
          unit: "× the bytes of a batch",
          atMost: 3,
        },
      ],
      figures: [
        ["", "MB"],
        ["a batch of ten portraits", batchBytes / 1e6],
        ["held when idle", held.idle.held / 1e6],
        ["held at most", mostHeld / 1e6],
        ["resident when idle, after 200 messages", large.idle.resident / 1e6],
        ["resident at most", mostResident / 1e6],
        ["10,000 messages: resident peaks, median of the second fifth", early / 1e6],
        ["10,000 messages: resident peaks, median of the last fifth", last / 1e6],
      ],
      method: `Batches of ten, one after another, by one process: 10,000 portraits of 50 KB to see whether memory grows, and some hundred of 500 KB for the peaks. The same ${rows} rows are delivered again and again: a trigger keeps them pending, so that Postgres does not write gigabytes. Resident memory is read every 10 ms. “Held” is Node's heap and buffers right after a garbage collection, every 20 ms, in a separate run.`,
      reason:
        "Resident memory is what V8 and malloc have taken from the system, not what the function needs: a batch leaves some 30 MB of strings and buffers, which V8 collects later, when it sees fit. The function has 1,769 MB.",
    };
  },
};

async function drained(
  environment: Environment,
  portraitBytes: number,
  { rounds, collecting = false }: { rounds: number; collecting?: boolean },
) {
  const png = await noisePng(portraitBytes);
  const database = await environment.createDatabase("keepsake");
  const messages = await insertPending(database, rows, png);
  await keepPending(database);
  const consumer = await environment.startLambda(
    environment.keepsakeFunction("uploadPortraits", {
      Database: { url: database.url },
      Images: { endpoint: environment.storeUrl, publicUrl: "https://images.example.com" },
    }),
    collecting ? ["--expose-gc"] : [],
  );
  await consumer.call("watchMemory", { everyMs: collecting ? 20 : 10, collecting });
  const events = batchesOfTen(messages).map(sqsEvent);

  await consumer.call("handle", { events });
  const { now: idle } = await consumer.call<Memory>("memory");
  const peaks: Bytes[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await consumer.call("handle", { events });
    peaks.push((await consumer.call<Memory>("memory")).peak);
  }
  await consumer.stop();
  return { idle, peaks, batchBytes: png.length * 10 };
}

/** Keeps every portrait pending, whatever is written to its row. */
async function keepPending({ sql }: Database) {
  await sql`
    create function keep() returns trigger language plpgsql as 'begin return null; end'
  `;
  await sql`
    create trigger keep before update on lore_pieces for each row execute function keep()
  `;
}
