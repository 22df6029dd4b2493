import type { Database } from "../support/databases.ts";
import type { Lab } from "../support/environment.ts";
import { batch } from "../support/events.ts";
import { median } from "../support/measure.ts";
import { inTens, noise, pending } from "../support/portraits.ts";
import type { Row } from "../support/row.ts";

const rows = 200;

type Bytes = { resident: number; held: number };
type Memory = { peak: Bytes; now: Bytes };

export const memory: Row = {
  name: "memory",
  title: "Memory of `uploadPortraits`",
  async measure(lab) {
    const many = await drained(lab, 50_000, { rounds: lab.rounds(50) });
    const large = await drained(lab, 500_000, { rounds: lab.rounds(2) });
    const held = await drained(lab, 500_000, { rounds: 1, collecting: true });
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
          reached: last / early,
          unit: "× the second fifth's",
          atMost: 1.1,
        },
        {
          what: "its peak over idle, garbage left out",
          reached: (mostHeld - held.idle.held) / batchBytes,
          unit: "× the bytes of a batch",
          atMost: 3,
        },
        {
          what: "its peak over idle, resident, with garbage that nobody has collected yet",
          reached: (mostResident - large.idle.resident) / batchBytes,
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
      how: `Batches of ten, one after another, by one process: 10,000 portraits of 50 KB for flatness, and some hundred of 500 KB for the peaks. The same ${rows} rows are delivered again and again: a trigger keeps them pending, so that Postgres need not write gigabytes. Resident memory is read every 10 ms. What is held is Node's heap and buffers right after collecting garbage, every 20 ms, in a run of its own.`,
      reason:
        "Resident memory is what V8 and malloc have taken from the system, not what is needed: a batch leaves some 30 MB of strings and buffers behind, and V8 collects them when it thinks it worth while. The function has 1,769 MB.",
    };
  },
};

async function drained(
  lab: Lab,
  portraitBytes: number,
  { rounds, collecting = false }: { rounds: number; collecting?: boolean },
) {
  const png = await noise(portraitBytes);
  const database = await lab.database("keepsake");
  const messages = await pending(database, rows, png);
  await neverSettled(database);
  const consumer = await lab.lambda(
    lab.keepsake("uploadPortraits", {
      Database: { url: database.url },
      Images: { endpoint: lab.storeUrl, publicUrl: "https://images.example.com" },
    }),
    collecting ? ["--expose-gc"] : [],
  );
  await consumer.ask("watchMemory", { everyMs: collecting ? 20 : 10, collecting });
  const events = inTens(messages).map(batch);

  await consumer.ask("handle", { events });
  const { now: idle } = await consumer.ask<Memory>("memory");
  const peaks: Bytes[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await consumer.ask("handle", { events });
    peaks.push((await consumer.ask<Memory>("memory")).peak);
  }
  await consumer.stop();
  return { idle, peaks, batchBytes: png.length * 10 };
}

/** Lets portraits be published for ever: what is written of them is not kept. */
async function neverSettled({ sql }: Database) {
  await sql`
    create function keep() returns trigger language plpgsql as 'begin return null; end'
  `;
  await sql`
    create trigger keep before update on lore_pieces for each row execute function keep()
  `;
}
