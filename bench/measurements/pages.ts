import { setTimeout as sleep } from "node:timers/promises";
import type { Filter, Order } from "@keepsake/core/images/imagePages.sql";
import { imageList } from "@keepsake/core/images/images";
import { cursorAfter, type List } from "@keepsake/core/pageOfRows";
import type { Database } from "../support/createDatabase.ts";
import { fillOwner, rareImages, withIndexesLater } from "../support/filledTables.ts";
import { apiEvent } from "../support/lambdaEvents.ts";
import { interleave, least as leastOf, type Sample } from "../support/measureInTurns.ts";
import type { Row } from "../support/measurement.ts";
import type { Environment } from "../support/startEnvironment.ts";

type Asked = Filter & { order?: Order };
type Kind = "order" | "filter" | "worlds" | "shown";
type Variant = { kind: Kind; asked: Asked };

/** CPU milliseconds a page of each owner, and the slower of both among many rows over the one alone. */
type Compared = {
  name: string;
  kind: Kind;
  least: number;
  amongMany: number;
  most: number;
  ratio: number;
};

const few = 1_000;
const many = 1_000_000;
const pagesATurn = 8;
const turns = 9;
/** Of each function before anything is measured: V8 compiles anew what it finds to be called often. */
const warmUpPages = 100;
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);

const variants: Record<string, Variant> = {
  "`GET /images`": { kind: "order", asked: {} },
  "oldest first": { kind: "order", asked: { order: "oldest" } },
  "platform that 9 in 10 have": { kind: "filter", asked: { platform: "web" } },
  [`platform that ${rareImages} have`]: { kind: "filter", asked: { platform: "discord" } },
  "visibility that 19 in 20 have": { kind: "filter", asked: { visibility: "public" } },
  "visibility that 1 in 20 has": { kind: "filter", asked: { visibility: "private" } },
  "platform and visibility": {
    kind: "filter",
    asked: { platform: "telegram", visibility: "public" },
  },
  "date range": { kind: "filter", asked: { after: daysAgo(950), before: daysAgo(50) } },
  "tag that all have": { kind: "filter", asked: { tag: "all" } },
  "tag that 1 in 10 has": { kind: "filter", asked: { tag: "tenth" } },
  [`tag that ${rareImages} have`]: { kind: "filter", asked: { tag: "rare" } },
  "word that all have": { kind: "filter", asked: { q: "sailor" } },
  "word that 1 in 10 has": { kind: "filter", asked: { q: "breeze" } },
  [`word that ${rareImages} have`]: { kind: "filter", asked: { q: "quasar" } },
  "all filters": {
    kind: "filter",
    asked: {
      ...{ platform: "web", visibility: "public", tag: "all", q: "sailor" },
      ...{ after: daysAgo(950), before: daysAgo(50) },
    },
  },
  "tag that 1 in 100 has": { kind: "shown", asked: { tag: "hundredth" } },
  "word that 1 in 100 has": { kind: "shown", asked: { q: "amber" } },
  "`GET /worlds`": { kind: "worlds", asked: {} },
};

type Owner = { database: Database; sub: string };
type Owners = Record<"few" | "amongMany" | "many", Owner>;

export const pages: Row<Owners> = {
  name: "pages",
  title: "Pages",
  minutes: 10, // to fill the tables is part of it
  async prepare(environment) {
    const small = await environment.createDatabase("keepsake");
    const large = await environment.createDatabase("keepsake");
    const subs: Partial<Record<keyof Owners, string>> = {};
    await withIndexesLater(small, async () => {
      subs.few = await fillOwner(small, few);
    });
    await withIndexesLater(large, async () => {
      subs.amongMany = await fillOwner(large, few);
      subs.many = await fillOwner(large, environment.isBrief ? 10_000 : many);
    });
    return {
      few: { database: small, sub: subs.few! },
      amongMany: { database: large, sub: subs.amongMany! },
      many: { database: large, sub: subs.many! },
    };
  },
  async measure(environment, owners) {
    const pagers = {
      few: await pager(environment, owners.few),
      amongMany: await pager(environment, owners.amongMany),
      many: await pager(environment, owners.many),
    };
    const compared: Compared[] = [];
    for (const [name, variant] of Object.entries(variants)) {
      await closeConnections(owners);
      // the owners are compared at one moment, page by page of the same list
      const contenders = {
        few: pagers.few(variant),
        amongMany: pagers.amongMany(variant),
        many: pagers.many(variant),
      };
      const cpu = await interleave(environment.rounds(turns), contenders, leastOf);
      const [least, amongMany, most] = [cpu.few.cpu!, cpu.amongMany.cpu!, cpu.many.cpu!];
      const ratio = Math.max(amongMany, most) / least;
      compared.push({ name, kind: variant.kind, least, amongMany, most, ratio });
    }
    const worst = (kind: Kind) =>
      Math.max(...compared.filter((each) => each.kind === kind).map(({ ratio }) => ratio));
    const goal = (what: string, kind: Kind) => ({
      what: `${what}, CPU of Node and Postgres, among 1,000,000 rows, of an owner with 1,000 or all of them`,
      actual: worst(kind),
      unit: "× alone with 1,000",
      atMost: 1.1,
    });
    return {
      goals: [
        goal("page of `GET /images` in each order, the worst", "order"),
        goal("page of `GET /images` with each filter, the worst", "filter"),
        goal("page of `GET /worlds`", "worlds"),
      ],
      figures: [
        [
          "CPU a page, ms",
          "1,000 rows",
          "1,000 among 1,000,000 of another owner",
          "1,000,000 rows",
          "×",
        ],
        ...compared.map(({ name, least, amongMany, most, ratio }) => [
          name,
          least,
          amongMany,
          most,
          ratio,
        ]),
      ],
      method: `${pagesATurn} pages of 50 a turn and ${turns} turns of each owner, list by list with new connections, of which the least counts: collecting garbage and other load add up to a half to some turns. Each page is from another cursor in the half that the list begins with, by the deployed functions, after ${warmUpPages} pages that warm it up; Postgres plans and reads each anew. A filter that ${rareImages} rows match has the same ${rareImages} on its page at any size; with the visibility that 1 in 20 has, each page begins at the newest row, so that it is full. What 1 in 100 has is shown without a goal: of 1,000 rows it fills no page of 50, so the pages differ.`,
    };
  },
};

/** How long Postgres waits for a connection to end: the CPU time of one that ends later would be missing from a turn's. */
const endMs = 5_000;

/**
 * Each list begins with new connections: the CPU that Postgres takes differs by up to a third with what else the same
 * connection has read before.
 */
async function closeConnections({ few, many: large }: Owners) {
  for (const { database } of [few, large])
    await database.sql`
      select pg_terminate_backend(pid, ${endMs}) from pg_stat_activity
      where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
    `;
  await sleep(50); // until the functions have noticed
}

/** Lists what one owner has. */
async function pager(environment: Environment, { database, sub }: Owner) {
  const link = { Database: { url: database.url } };
  const start = (name: "listImages" | "listWorlds") =>
    environment.startLambda(environment.keepsakeFunction(name, link));
  const functions = {
    listImages: await start("listImages"),
    listWorlds: await start("listWorlds"),
  };
  // once for all lists: to choose among 1,000,000 rows takes half a second
  const cursors = {
    newest: await cursorsOf(database, sub, {}),
    oldest: await cursorsOf(database, sub, { order: "oldest" }),
  };
  if (!environment.isBrief) await warmUp();
  return prepared;

  function prepared({ kind, asked }: Variant) {
    const name = kind === "worlds" ? "listWorlds" : "listImages";
    const list = kind === "worlds" ? worldList(sub) : imagesAsked(sub, asked);
    const ids = isRare(asked) ? [undefined] : cursors[asked.order ?? "newest"];
    const events = Array.from({ length: pagesATurn }, (_, turn) => ({
      ...apiEvent(name, { sub }),
      queryStringParameters: queryOf(asked, ids[turn % ids.length], list),
    }));
    return async (): Promise<Sample> => {
      const before = await environment.postgresCpu(database);
      const { cpu } = await functions[name].call<{ cpu: number }>("handle", { events });
      const postgres = (await environment.postgresCpu(database)) - before;
      return { cpu: (cpu + postgres) / pagesATurn };
    };
  }

  async function warmUp() {
    for (const kind of ["order", "worlds"] as const) {
      const turn = prepared({ kind, asked: {} });
      for (let pages = 0; pages < warmUpPages; pages += pagesATurn) await turn();
    }
  }
}

/** Those pages begin at the newest row: after another one they would have fewer. */
const isRare = ({ tag, q, platform, visibility }: Asked) =>
  tag === "rare" || q === "quasar" || platform === "discord" || visibility === "private";

const imagesAsked = (sub: string, { order, ...filter }: Asked) =>
  imageList(`user:${sub}`, filter, order);
const worldList = (sub: string): List => ({ name: "worlds", owner_id: `user:${sub}` });

/** Images and worlds have the same ids. */
async function cursorsOf({ sql }: Database, sub: string, { order }: Asked) {
  const isOldest = order === "oldest";
  const rows = await sql<{ image_id: string }[]>`
    select image_id from images
    where owner_id = ${`user:${sub}`}
      and created_at ${isOldest ? sql`<` : sql`>`} now() - interval '500 days'
    order by random() limit ${pagesATurn}
  `;
  return rows.map(({ image_id }) => image_id);
}

function queryOf({ after, before, ...asked }: Asked, id: string | undefined, list: List) {
  return {
    limit: "50",
    ...asked,
    ...(after && { after: after.toISOString() }),
    ...(before && { before: before.toISOString() }),
    ...(id && { cursor: cursorAfter(id, list) }),
  };
}
