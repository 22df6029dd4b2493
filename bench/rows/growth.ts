import { randomUUID } from "node:crypto";
import type { Database } from "../support/databases.ts";
import type { Lab } from "../support/environment.ts";
import { batch, request } from "../support/events.ts";
import { interleaved, type Sample } from "../support/measure.ts";
import { inTens, noise, pending } from "../support/portraits.ts";
import type { Row } from "../support/row.ts";

const drainedAtOnce = 100;
const pages = 100;
const rows = { "100 rows": 100, "10,000 rows": 10_000, "100,000 rows": 100_000 };
/** How many images the caller has, and how many others have sent since. */
const images = {
  "1,000 images": { own: 1_000, others: 0 },
  "100,000 images": { own: 100_000, others: 0 },
  "1,000 images, and 99,000 newer ones of others": { own: 1_000, others: 99_000 },
};

export const growth: Row = {
  name: "growth",
  title: "Growth",
  async measure(lab) {
    const png = await noise(500_000);
    const drains = await interleaved(
      lab.rounds(3),
      await mapped(rows, async (count) => {
        const database = await lab.database("keepsake");
        await fillPieces(database, count);
        return drainer(lab, database, png);
      }),
    );
    const lists = await interleaved(
      lab.rounds(9),
      await mapped(images, async (count) => {
        const database = await lab.database("keepsake");
        const sub = await fillImages(database, count.own);
        if (count.others > 0) await fillImages(database, count.others);
        return pager(lab, database, sub);
      }),
    );
    const [fewestImages, ...more] = Object.values(lists).map(({ cpu }) => cpu!);
    const fewest = drains["100 rows"].perSecond!;
    const drainRates = Object.values(drains).map(({ perSecond }) => perSecond! / fewest);
    return {
      goals: [
        {
          what: "portraits drained per second with 100, 10,000 and 100,000 rows in the table, the slowest",
          reached: Math.min(...drainRates),
          unit: "× with 100",
          atLeast: 0.9,
        },
        {
          what: "page of `GET /images`, CPU of Node and Postgres, with 100,000 images, the dearest",
          reached: Math.max(...more) / fewestImages!,
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
      how: `${drainedAtOnce} portraits of 500 KB a turn, drained among published ones; ${pages} pages of 50 a turn, each at another place, of an owner who has that many images, alone or among the newer ones of another.`,
    };
  },
};

async function mapped<Name extends string, From, To>(
  from: Record<Name, From>,
  make: (value: From) => Promise<To>,
): Promise<Record<Name, To>> {
  const made: [string, To][] = [];
  for (const [name, value] of Object.entries<From>(from)) made.push([name, await make(value)]);
  return Object.fromEntries(made) as Record<Name, To>;
}

async function drainer(lab: Lab, database: Database, png: Buffer) {
  const consumer = await lab.lambda(
    lab.keepsake("uploadPortraits", {
      Database: { url: database.url },
      Images: { endpoint: lab.storeUrl, publicUrl: "https://images.example.com" },
    }),
  );
  return async (): Promise<Sample> => {
    const messages = await pending(database, drainedAtOnce, png);
    const events = inTens(messages).map(batch);
    const before = await lab.backendCpu(database);
    const { cpu, wall } = await consumer.ask<{ cpu: number; wall: number }>("handle", { events });
    const postgres = (await lab.backendCpu(database)) - before;
    return {
      perSecond: (drainedAtOnce * 1_000) / wall,
      cpu: (cpu + postgres) / drainedAtOnce,
    };
  };
}

async function pager(lab: Lab, database: Database, sub: string) {
  const listing = await lab.lambda(lab.keepsake("listImages", { Database: { url: database.url } }));
  const places = await database.sql<{ image_id: string }[]>`
    select image_id from images where owner_id = ${`user:${sub}`} order by random() limit ${pages}
  `;
  const events = places.map(({ image_id: cursor }) => ({
    ...request("listImages", { sub }),
    queryStringParameters: { limit: "50", cursor },
  }));
  return async (): Promise<Sample> => {
    const before = await lab.backendCpu(database);
    const { cpu, wall } = await listing.ask<{ cpu: number; wall: number }>("handle", { events });
    const postgres = (await lab.backendCpu(database)) - before;
    return { perSecond: (pages * 1_000) / wall, cpu: (cpu + postgres) / pages };
  };
}

/** Published portraits among which others wait. */
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
