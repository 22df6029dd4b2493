import { randomUUID } from "node:crypto";
import { imageList } from "@keepsake/core/images/images";
import { cursorAfter } from "@keepsake/core/pageOfRows";
import type { Database } from "../support/createDatabase.ts";
import { apiEvent, sqsEvent } from "../support/lambdaEvents.ts";
import { interleave, type Sample } from "../support/measureInTurns.ts";
import type { Row } from "../support/measurement.ts";
import { batchesOfTen, insertPending, noisePng } from "../support/pendingPortraits.ts";
import type { Environment } from "../support/startEnvironment.ts";

const drainedAtOnce = 100;
const pages = 100;
const rows = { "100 rows": 100, "10,000 rows": 10_000, "100,000 rows": 100_000 };
/** How many images the caller has, and how many newer ones other owners have. */
const images = {
  "1,000 images": { own: 1_000, others: 0 },
  "100,000 images": { own: 100_000, others: 0 },
  "1,000 images, and 99,000 newer ones of other owners": { own: 1_000, others: 99_000 },
};

export const growth: Row = {
  name: "growth",
  title: "Growth",
  async measure(environment) {
    const png = await noisePng(500_000);
    const drains = await interleave(
      environment.rounds(3),
      await mapped(rows, async (count) => {
        const database = await environment.createDatabase("keepsake");
        await fillPieces(database, count);
        return drainer(environment, database, png);
      }),
    );
    const lists = await interleave(
      environment.rounds(9),
      await mapped(images, async (count) => {
        const database = await environment.createDatabase("keepsake");
        const sub = await fillImages(database, count.own);
        if (count.others > 0) await fillImages(database, count.others);
        return pager(environment, database, sub);
      }),
    );
    const [fewestImages, ...more] = Object.values(lists).map(({ cpu }) => cpu!);
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
        {
          what: "page of `GET /images`, CPU of Node and Postgres, with 100,000 images, the most expensive",
          actual: Math.max(...more) / fewestImages!,
          unit: "× with 1,000",
          atMost: 1.1,
        },
      ],
      figures: [
        ["", "portraits/s", "CPU each, ms"],
        ...Object.entries(drains).map(([name, { perSecond, cpu }]) => [name, perSecond!, cpu!]),
        ...Object.entries(lists).map(([name, { perSecond, cpu }]) => [
          `page of 50, ${name} (pages/s)`,
          perSecond!,
          cpu!,
        ]),
      ],
      method: `${drainedAtOnce} portraits of 500 KB a turn, drained in a table that holds other rows; ${pages} pages of 50 a turn, each from another cursor, of an owner with that many images, alone in the table or with newer ones of other owners.`,
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
  return async (): Promise<Sample> => {
    const messages = await insertPending(database, drainedAtOnce, png);
    const events = batchesOfTen(messages).map(sqsEvent);
    const before = await environment.postgresCpu(database);
    const { cpu, wall } = await consumer.call<{ cpu: number; wall: number }>("handle", { events });
    const postgres = (await environment.postgresCpu(database)) - before;
    return {
      perSecond: (drainedAtOnce * 1_000) / wall,
      cpu: (cpu + postgres) / drainedAtOnce,
    };
  };
}

async function pager(environment: Environment, database: Database, sub: string) {
  const lister = await environment.startLambda(
    environment.keepsakeFunction("listImages", { Database: { url: database.url } }),
  );
  const cursors = await database.sql<{ image_id: string }[]>`
    select image_id from images where owner_id = ${`user:${sub}`} order by random() limit ${pages}
  `;
  const list = imageList(`user:${sub}`);
  const events = cursors.map(({ image_id }) => ({
    ...apiEvent("listImages", { sub }),
    queryStringParameters: { limit: "50", cursor: cursorAfter(image_id, list) },
  }));
  return async (): Promise<Sample> => {
    const before = await environment.postgresCpu(database);
    const { cpu, wall } = await lister.call<{ cpu: number; wall: number }>("handle", { events });
    const postgres = (await environment.postgresCpu(database)) - before;
    return { perSecond: (pages * 1_000) / wall, cpu: (cpu + postgres) / pages };
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

async function fillImages({ sql }: Database, count: number): Promise<string> {
  const sub = randomUUID();
  await sql`
    insert into images (image_id, owner_id, platform, source, status, key, url, content_type, bytes,
                        width, height, sha256, source_sha256, published_at)
    select uuidv7(), ${`user:${sub}`}, 'web', '{}', 'published', 'images/' || n,
           'https://images.example.com/' || n, 'image/png', 500000, 400, 400,
           md5(n::text), md5(n::text), now()
    from generate_series(1, ${count}::integer) n
  `;
  await sql`vacuum analyze`;
  return sub;
}
