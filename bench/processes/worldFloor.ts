import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import postgres from "postgres";
import { handleCalls, measureUsage } from "../support/forkedProcess.ts";

/**
 * The least that a world with portraits takes: its JSON is parsed and its base64 sent to Postgres as text, which
 * stores it as it is. Nothing is checked, and nothing else written.
 */
const [databaseUrl = ""] = process.argv.slice(2);
const sql = postgres(databaseUrl, { max: 1, prepare: false, fetch_types: false, onnotice() {} });

handleCalls({
  async prepare() {
    await sql`create table world_floor (piece_id uuid primary key, base64 text not null)`;
    await sql`alter table world_floor alter base64 set storage external`;
  },
  async repeat({ eventFile, times }: { eventFile: string; times: number }) {
    const { body } = JSON.parse(await readFile(eventFile, "utf8"));
    return measureUsage(async () => {
      for (let world = 0; world < times; world += 1) await store(body);
    });
  },
});

async function store(body: string) {
  const { pieces } = JSON.parse(body) as Body;
  // one after another: a statement with all of them takes Postgres more memory, and longer
  await sql.begin(async (tx) => {
    for (const { details } of pieces)
      await tx`insert into world_floor values (${randomUUID()}, ${details.image_portrait_base64})`;
  });
}

type Body = { pieces: { details: { image_portrait_base64: string } }[] };
