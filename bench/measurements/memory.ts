import type { Database } from "../support/createDatabase.ts";
import { sqsEvent } from "../support/lambdaEvents.ts";
import { median } from "../support/measureInTurns.ts";
import type { Row } from "../support/measurement.ts";
import { batchesOfTen, insertPending, noisePng } from "../support/pendingPortraits.ts";
import type { Environment } from "../support/startEnvironment.ts";

const messagesARound = 200;
const inBrief = 20;

/** In bytes: of the function's process and of its children now, and the most of all together. */
type Memory = { own: number; children: number[]; peak: number };

export const memory: Row<number[]> = {
  name: "memory",
  title: "Memory of `uploadPortraits`",
  /** The peaks of 10,000 messages: each run would take as long. */
  prepare: async (environment) =>
    (await drained(environment, 10_000, environment.rounds(50))).peaks,

  async measure(environment, peaks) {
    const fifth = Math.ceil(peaks.length / 5);
    const early = median(peaks.slice(Math.min(fifth, peaks.length - 1)).slice(0, fifth));
    const last = median(peaks.slice(-fifth));
    const large = await drained(environment, 500_000, environment.rounds(3));
    const { idle, batchBytes } = large;
    const decoder = Math.max(...idle.children);
    const peak = Math.max(...large.peaks);
    return {
      goals: [
        {
          what: `memory of \`uploadPortraits\` over ${(peaks.length * messagesARound).toLocaleString("en")} messages, children included: the last fifth's peaks`,
          actual: last / early,
          unit: "× the second fifth's",
          atMost: 1.1,
        },
        {
          what: "its peak over idle, children included, beside a decoder",
          actual: (peak - idle.own - decoder) / batchBytes,
          unit: "× the bytes of a batch",
          atMost: 3,
        },
      ],
      figures: [
        ["", "MB"],
        ["a batch of ten portraits", batchBytes / 1e6],
        ["the function when idle, after 200 messages", idle.own / 1e6],
        ["its decoder when idle", decoder / 1e6],
        ["decoders", String(idle.children.length)],
        ["all at most", peak / 1e6],
        ["10,000 messages: peaks of all, median of the second fifth", early / 1e6],
        ["10,000 messages: peaks of all, median of the last fifth", last / 1e6],
      ],
      method: `Batches of ten, one after another: 10,000 portraits of 10 KB to see whether memory grows, and 600 of 500 KB, each with a smaller copy, for the peaks. The same ${messagesARound} rows are delivered again and again: a trigger keeps them pending. Resident memory of the function's process and of its children is read every 10 ms and added up, so that what they share (Node's program) counts twice.`,
      reason:
        "Resident memory is what V8 and malloc have taken from the system, not what the function needs: of each batch, Postgres sends 7 MB of base64, which are buffers, then strings, then 5 MB of bytes, and V8 collects them later. The function has 1,769 MB.",
    };
  },
};

async function drained(environment: Environment, portraitBytes: number, rounds: number) {
  const png = await noisePng(portraitBytes);
  const database = await environment.createDatabase("keepsake");
  const count = environment.isBrief ? inBrief : messagesARound;
  const messages = await insertPending(database, count, png);
  await keepPending(database);
  const consumer = await environment.startLambda(
    environment.keepsakeFunction("uploadPortraits", {
      Database: { url: database.url },
      Images: { endpoint: environment.storeUrl, publicUrl: "https://images.example.com" },
    }),
  );
  await environment.store.call("configure", {});
  await consumer.call("watchMemory");
  const events = batchesOfTen(messages).map(sqsEvent);

  await consumer.call("handle", { events });
  const idle = await consumer.call<Memory>("memory");
  const peaks: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await consumer.call("handle", { events });
    peaks.push((await consumer.call<Memory>("memory")).peak);
  }
  await consumer.stop();
  const stored = await environment.store.call<number>("puts");
  if (stored < messages.length * (rounds + 1)) throw new Error("Portraits were not published");
  return { idle, peaks, batchBytes: png.length * 10 };
}

/** Keeps every portrait as it was before it was published. */
async function keepPending({ sql }: Database) {
  await sql`
    create function keep() returns trigger language plpgsql as '
      begin
        new.details = old.details;
        new.portrait_status = ''pending'';
        new.attempts = 0;
        return new;
      end'
  `;
  await sql`
    create trigger keep before update on lore_pieces for each row execute function keep()
  `;
}
