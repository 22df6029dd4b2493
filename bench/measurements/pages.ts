import type { Filter, Order } from "@keepsake/core/images/imagePages.sql";
import { imageList } from "@keepsake/core/images/images";
import { cursorAfter, type List } from "@keepsake/core/pageOfRows";
import type { Database } from "../support/createDatabase.ts";
import { fillOwner, rareImages, withIndexesLater } from "../support/filledTables.ts";
import { apiEvent } from "../support/lambdaEvents.ts";
import { interleave, type Sample } from "../support/measureInTurns.ts";
import type { Row } from "../support/measurement.ts";
import type { Environment } from "../support/startEnvironment.ts";

type Asked = Filter & { order?: Order };
type Kind = "order" | "filter" | "worlds" | "shown";
type Variant = { kind: Kind; asked: Asked };

const few = 1_000;
const many = 1_000_000;
const pagesATurn = 20;
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
    const contenders: Record<string, () => Promise<Sample>> = {};
    for (const [whose, owner] of Object.entries(owners)) {
      const call = await pager(environment, owner);
      for (const [name, variant] of Object.entries(variants))
        contenders[nameOf(name, whose as keyof Owners)] = await call(variant);
    }
    const cpu = await interleave(environment.rounds(5), contenders);
    const compared = Object.entries(variants).map(([name, { kind }]) => {
      const of = (whose: keyof Owners) => cpu[nameOf(name, whose)]!.cpu!;
      const [least, amongMany, most] = [of("few"), of("amongMany"), of("many")];
      return { name, kind, least, amongMany, most, ratio: Math.max(amongMany, most) / least };
    });
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
      method: `${pagesATurn} pages of 50 a turn, each from another cursor in the half that the list begins with, by the deployed functions; Postgres plans and reads each anew. A filter that ${rareImages} rows match has the same ${rareImages} on its page at any size. What 1 in 100 has is shown without a goal: of 1,000 rows it fills no page of 50, so the pages differ.`,
    };
  },
};

const nameOf = (variant: string, whose: keyof Owners) => `${variant}: ${whose}`;

/** Lists what one owner has. */
async function pager(environment: Environment, { database, sub }: Owner) {
  const link = { Database: { url: database.url } };
  const start = (name: "listImages" | "listWorlds") =>
    environment.startLambda(environment.keepsakeFunction(name, link));
  const functions = {
    listImages: await start("listImages"),
    listWorlds: await start("listWorlds"),
  };
  return async ({ kind, asked }: Variant) => {
    const name = kind === "worlds" ? "listWorlds" : "listImages";
    const list = kind === "worlds" ? worldList(sub) : imagesAsked(sub, asked);
    const ids = isRare(asked) ? [undefined] : await cursorsOf(database, sub, asked);
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
  };
}

/** Those pages begin at the newest row: after another one they would have fewer. */
const isRare = ({ tag, q, platform }: Asked) =>
  tag === "rare" || q === "quasar" || platform === "discord";

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
