import { randomUUID } from "node:crypto";
import type { Database } from "../support/createDatabase.ts";
import { sqsEvent } from "../support/lambdaEvents.ts";
import { interleave, type Sample } from "../support/measureInTurns.ts";
import type { Row } from "../support/measurement.ts";
import { batchesOfTen, insertPending, noisePng } from "../support/pendingPortraits.ts";
import type { Environment } from "../support/startEnvironment.ts";

const drainedAtOnce = 60;
const rows = { "100 rows": 100, "10,000 rows": 10_000, "100,000 rows": 100_000 };

export const growth: Row = {
  name: "growth",
  title: "Growth",
  async measure(environment) {
    const png = await noisePng(500_000);
    const drains = await interleave(
      environment.rounds(2),
      await mapped(rows, async (count) => {
        const database = await environment.createDatabase("keepsake");
        await fillPieces(database, count);
        return drainer(environment, database, png);
      }),
    );
    const fewest = drains["100 rows"].perSecond!;
    const drainRates = Object.values(drains).map(({ perSecond }) => perSecond! / fewest);
    return {
      goals: [
        {
          what: "portraits drained per second with 100, 10,000 and 100,000 rows in the table, the slowest",
          actual: Math.min(...drainRates),
          unit: "× with 100",
          atLeast: 0.9,
        },
      ],
      figures: [
        ["", "portraits/s", "CPU each, ms"],
        ...Object.entries(drains).map(([name, { perSecond, cpu }]) => [name, perSecond!, cpu!]),
      ],
      method: `${drainedAtOnce} portraits of 500 KB a turn, drained in a table that holds other rows.`,
    };
  },
};

async function mapped<Name extends string, From, To>(
  from: Record<Name, From>,
  make: (value: From) => Promise<To>,
): Promise<Record<Name, To>> {
  const entries: [string, To][] = [];
  for (const [name, value] of Object.entries<From>(from)) entries.push([name, await make(value)]);
  return Object.fromEntries(entries) as Record<Name, To>;
}

async function drainer(environment: Environment, database: Database, png: Buffer) {
  const consumer = await environment.startLambda(
    environment.keepsakeFunction("uploadPortraits", {
      Database: { url: database.url },
      Images: { endpoint: environment.storeUrl, publicUrl: "https://images.example.com" },
    }),
  );
  return async (isShort: boolean): Promise<Sample> => {
    const count = isShort ? 10 : drainedAtOnce;
    const messages = await insertPending(database, count, png);
    const events = batchesOfTen(messages).map(sqsEvent);
    const before = await environment.postgresCpu(database);
    const { cpu, wall } = await consumer.call<{ cpu: number; wall: number }>("handle", { events });
    const postgres = (await environment.postgresCpu(database)) - before;
    return {
      perSecond: (count * 1_000) / wall,
      cpu: (cpu + postgres) / count,
    };
  };
}

/** Rows without a portrait, among which the pending ones are found. */
async function fillPieces({ sql }: Database, count: number) {
  const world_id = randomUUID();
  await sql`insert into worlds (world_id, owner_id, theme) values (${world_id}, 'user:filler', '')`;
  await sql`
    insert into lore_pieces (piece_id, world_id, type, name, description, details,
                             portrait_status, portrait_version)
    select gen_random_uuid(), ${world_id}, 'faction', 'One of many', 'They keep the coast lit.',
           '{"banner": "gold"}', 'none', 0
    from generate_series(1, ${count}::integer)
  `;
  await sql`vacuum analyze`;
}
