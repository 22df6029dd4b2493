import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { audit } from "@keepsake/ops/audit/audit";
import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { png } from "../support/images.ts";
import { databaseFlag } from "../support/runBackfill.ts";
import { sweep, type TestStack, testStack } from "../support/stack.ts";
import { bytesAt } from "../support/uploadRequests.ts";

const rows = 500;
const users = Array.from({ length: 20 }, () => randomUUID());
const bin = fileURLToPath(new URL("../../packages/ops/bin.mjs", import.meta.url));

let stack: TestStack;
let product: Sql;

beforeAll(async () => {
  stack = await testStack({ consume: false });
  await stack.sql`update event_settings set is_on = true`;
  product = await createProduct(await portraits());
});
afterAll(async () => {
  await product?.end({ timeout: 2 });
  await stack?.stop();
});

describe("npm run backfill, killed twice with SIGKILL on a world generator's database,", () => {
  test("moves every picture once, with a row of its owner and an event, and leaves nothing behind", {
    timeout: 120_000,
  }, async () => {
    const originals = new Map(
      (await pieces()).map(({ id, details }) => [id, details.image_portrait_base64]),
    );
    for (const share of [0.15, 0.5]) {
      const run = startBackfill();
      await until(async () => (await countMoved()) >= rows * share);
      run.kill("SIGKILL");
      await once(run, "exit");
      expect(await countMoved()).toBeLessThan(rows);
    }
    const last = startBackfill();
    const [code] = await once(last, "exit");
    expect(code).toBe(0);

    const moved = await pieces();
    expect(moved).toHaveLength(rows);
    const images = await stack.sql<{ url: string; owner_id: string; status: string }[]>`
      select url, owner_id, status from images
    `;
    expect(images).toHaveLength(rows);
    const owners = new Map(images.map(({ url, owner_id }) => [url, owner_id]));
    for (const { user_id, details } of moved) {
      expect(details).toEqual({
        ...{ traits: ["brave"], voice: { pitch: 2 } },
        image_portrait: expect.any(String),
      });
      expect(owners.get(String(details.image_portrait))).toBe(`user:${user_id}`);
    }
    const events = await stack.sql<{ type: string; url: string }[]>`
      select type, data ->> 'url' as url from events
    `;
    expect(events.map(({ url }) => url).sort()).toEqual([...owners.keys()].sort());
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(["image.published"]));
    // one after another: hundreds of connections at once are reset on a busy machine
    for (const { id, details } of moved) {
      const bytes = await bytesAt(details.image_portrait);
      expect(bytes.toString("base64") === originals.get(id), id).toBe(true);
    }
    const pictures = new Set(originals.values());
    expect(await auditOf(pictures)).toEqual({ orphans: [], missing: [] });
  });

  test("so that a user who is erased takes the pictures along", async () => {
    const [user] = users;
    const urls = (await pieces())
      .filter(({ user_id }) => user_id === user)
      .map(({ details }) => String(details.image_portrait));
    expect(urls).toHaveLength(rows / users.length);
    await stack.client(user!).eraseOwner();
    await until(async () => {
      await sweep(stack);
      for (const url of urls) if ((await fetch(url)).status !== 404) return false;
      return true;
    });
  });
});

/** Pictures that all differ. */
const portraits = () =>
  Promise.all(
    Array.from({ length: rows }, async (_, n) => {
      const colour = `#${(0x100000 + n * 1_237).toString(16)}`;
      return (await png(48, colour)).toString("base64");
    }),
  );

/** A database of its own, as a Go program's migrations write it: pieces of worlds of users. */
async function createProduct(pictures: string[]): Promise<Sql> {
  const name = `product_${randomUUID().replaceAll("-", "")}`;
  await stack.sql.unsafe(`create database ${name}`);
  const url = Object.assign(new URL(inject("backends").databaseUrl), { pathname: `/${name}` });
  const sql = postgres(url.href, { max: 2, onnotice() {} });
  await sql.unsafe(`
    create table users (id uuid primary key, email text unique, created_at timestamptz default now());
    create table worlds (
      id uuid primary key default gen_random_uuid(), user_id uuid not null references users on delete cascade,
      theme varchar(100) not null, created_at timestamptz not null default now()
    );
    create table lore_pieces (
      id uuid primary key default gen_random_uuid(), world_id uuid not null references worlds on delete cascade,
      type varchar(20) not null check (type in ('character', 'faction')), name text not null,
      description text, details jsonb not null default '{}', updated_at timestamptz not null default now()
    );
    create index on lore_pieces using gin (details jsonb_path_ops);
  `);
  for (const user of users) {
    await sql`insert into users (id, email) values (${user}, ${`${user}@example.com`})`;
    await sql`insert into worlds (user_id, theme) values (${user}, 'norse')`;
  }
  await sql`
    insert into lore_pieces (world_id, type, name, details)
    select w.id, 'character', 'Character ' || p.n,
           jsonb_build_object('traits', array['brave'], 'voice', '{"pitch": 2}'::jsonb,
                              'image_portrait_base64', p.picture)
    from jsonb_array_elements_text(${sql.json(pictures)}) with ordinality p (picture, n)
      join (select id, row_number() over (order by id) as n from worlds) w
        on w.n = 1 + p.n % ${users.length}::integer
  `;
  await sql`
    insert into lore_pieces (world_id, type, name) select id, 'faction', 'The Guild' from worlds limit 3
  `;
  return sql;
}

const pieces = () => product<{ id: string; user_id: string; details: Record<string, unknown> }[]>`
  select p.id, w.user_id, p.details from lore_pieces p join worlds w on w.id = p.world_id
  where p.type = 'character'
`;

async function countMoved(): Promise<number> {
  const [row] = await product<[{ moved: number }]>`
    select count(*)::integer as moved from lore_pieces where details ? 'image_portrait'
  `;
  return row.moved;
}

/** With the links of the test's stack, as `sst shell` passes those of a stage. */
function startBackfill(): ChildProcess {
  const args = [
    "backfill",
    "linked",
    ...databaseFlag(product),
    "--owner-column",
    "worlds.user_id",
    "--events",
  ];
  const { PATH, SST_RESOURCES_JSON, AWS_REGION } = process.env;
  const env = { PATH, SST_RESOURCES_JSON, AWS_REGION };
  return spawn(process.execPath, [bin, ...args], { env, stdio: ["ignore", "ignore", "inherit"] });
}

/** What the audit finds of these pictures, given as base64. Other tests' objects are in the same bucket. */
async function auditOf(pictures: Set<unknown>) {
  const { orphans, missing } = await audit();
  const keys = orphans.map(({ key }) => key).filter((key) => key.startsWith("images/"));
  const ours: string[] = [];
  for (const key of keys) {
    const bytes = await bytesAt(`${stack.cdn}/${key}`);
    if (pictures.has(bytes.toString("base64"))) ours.push(key);
  }
  return { orphans: ours, missing };
}

async function until(condition: () => Promise<boolean>) {
  while (!(await condition())) await sleep(20);
}
