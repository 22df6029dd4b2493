import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { migrate } from "@keepsake/local/commands/migrate";
import postgres, { type Sql } from "postgres";
import { describe, expect, inject, test, vi } from "vitest";
import { png } from "../support/images.ts";
import { copyDatabase, newOwner, testStack } from "../support/stack.ts";

/** The last migration of the release before this one. */
const lastBefore = "20261122000041";

const folder = new URL("../../packages/core/migrations/", import.meta.url);
const files = readdirSync(folder).sort();
const textOf = (file: string) => readFileSync(new URL(file, folder), "utf8");
const versionOf = (file: string) => file.slice(0, lastBefore.length);
const ours = files.filter((file) => versionOf(file) > lastBefore);
const concurrentIndex = /create index concurrently if not exists (\w+) /;

describe("the migrations of this release", () => {
  test("keep what the release before has written, and the API reads it", async () => {
    const { url, sql } = await databaseBefore();
    const sub = randomUUID();
    const rows = await asTheReleaseBefore(sql, `user:${sub}`);
    await migrate(url);
    await sql.end();

    const stack = await testStack({ backends: { databaseUrl: url }, consume: false });
    const { client } = newOwner(stack, sub);
    const { world } = await client.getWorld({ world_id: rows.world_id });
    expect(world).toMatchObject({ title: "Ashfall", page: null, image: { url: rows.image_url } });
    expect(world.pieces).toMatchObject([
      { portrait_status: "published", details: rows.shown },
      { portrait_status: "pending", details: rows.shown },
      { portrait_status: "rejected", portrait_error: "The image is damaged", details: { a: 1 } },
      { portrait_status: "none", details: { a: 1 } },
    ]);
    for (const { details } of world.pieces)
      expect(details).not.toHaveProperty("image_portrait_base64");
    const { worlds } = await client.listWorlds({});
    expect(worlds).toMatchObject([{ piece_count: 4, portrait_count: 2, pending_portraits: 1 }]);
    const [shown] = world.pieces;
    const { portraits } = await client.listPortraits({ ...rows, piece_id: shown!.piece_id });
    expect(portraits).toMatchObject([{ version: 3, is_current: true }]);

    const { images } = await client.listImages({ visibility: "public", platform: "web" });
    expect(images).toMatchObject([{ image_id: rows.image_id, url: rows.image_url }]);
    const { accounts } = await client.listTelegramAccounts();
    expect(accounts).toMatchObject([{ telegram_id: "4242", name: null }]);
    const { erasures } = await client.listErasures({});
    expect(erasures).toMatchObject([
      { subject: "world", objects: 1, bytes: 5 },
      { subject: "portrait", objects: 1, bytes: 5 },
    ]);
    expect((await client.getExport(rows)).export).toMatchObject({
      layout: "pairs",
      files: [{ filename: "faces.zip", bytes: 5 }],
    });
    expect((await client.listOwnerExports()).exports).toEqual([]);
    // and goes on with it
    const image_portrait_base64 = (await png(64)).toString("base64");
    const { piece } = await client.replacePortrait({
      ...{ world_id: rows.world_id, piece_id: shown!.piece_id, image_portrait_base64 },
    });
    expect(piece).toMatchObject({ portrait_status: "pending", details: rows.shown });
    await stack.stop();
  });

  test("let the release before write pieces, publish them, finish erasures and link accounts", async () => {
    const { url, sql } = await databaseBefore();
    await migrate(url);
    const { world_id } = await asTheReleaseBefore(sql, "user:a");
    const pieces = () => sql`
      select details_without_base64 as without, settled_version from lore_pieces
      where world_id = ${world_id} order by piece_id
    `;
    const before = await pieces();
    expect([...before]).toEqual([
      { without: null, settled_version: 0 },
      { without: { a: 1, ...shownBy(0) }, settled_version: 0 },
      { without: { a: 1 }, settled_version: 0 },
      { without: null, settled_version: 0 },
    ]);
    await sql`
      update lore_pieces set portrait_status = 'published',
        details = details - 'image_portrait_base64' || '{"image_portrait": "https://a/portraits/x"}'
      where world_id = ${world_id} and portrait_status = 'pending'
    `;
    expect((await pieces())[1]).toEqual({ without: null, settled_version: 0 });
    await sql`update erasures set done_at = now()`;
    await sql.end();
  });

  test("take the lock of a table once: a request that has read a piece can still change it", async () => {
    const { url, sql } = await databaseBefore();
    const other = postgres(url, { max: 1, onnotice() {} });
    const { migration } = await other.begin(async (tx) => {
      await tx`select 1 from lore_pieces for update`;
      const migration = migrate(url);
      await vi.waitFor(async () => expect(await waiting(sql, "lore_pieces")).toBe(1), 10_000);
      await tx`set local lock_timeout = '3s'`;
      await tx`update lore_pieces set name = ''`;
      return { migration };
    });
    await migration;
    await Promise.all([sql.end(), other.end()]);
  });

  test("build every index of a table that has rows without keeping requests from writing", async () => {
    const { url, sql } = await databaseBefore();
    const other = postgres(url, { max: 1, onnotice() {} });
    const { migration } = await other.begin(async (tx) => {
      await insertImage(tx, "user:a");
      const migration = migrate(url);
      await vi.waitFor(async () => expect(await building(sql)).toBe(1), 10_000);
      await sql`set lock_timeout = '3s'`;
      await insertImage(sql, "user:a");
      return { migration };
    });
    await migration;
    expect(await invalid(sql)).toEqual([]);
    await Promise.all([sql.end(), other.end()]);
  });

  test("create an index of a table that is there before only concurrently, alone in its file", () => {
    for (const file of ours) {
      const up = textOf(file).split("-- migrate:down")[0]!;
      const created = [...up.matchAll(/create table (\w+)/g)].map(([, table]) => table);
      const indexes = [...up.matchAll(/create (?:unique )?index [\s\S]*? on (\w+)/g)];
      const onOthers = indexes.filter(([, table]) => !created.includes(table));
      if (onOthers.length === 0) continue;
      expect(up, file).toMatch(/^-- migrate:up transaction:false\n/);
      expect(up.match(/;/g), file).toHaveLength(1);
      expect(up, file).toMatch(concurrentIndex);
    }
  });
});

describe("migrate", () => {
  test("builds an index again whose building was interrupted", async () => {
    const { url, sql } = await databaseBefore();
    const building = ours.filter((file) => concurrentIndex.test(textOf(file)));
    const names = building.map((file) => concurrentIndex.exec(textOf(file))![1]!);
    expect(names).toHaveLength(3);
    await migrate(url);
    await sql`update pg_index set indisvalid = false where indexrelid::regclass::text in ${sql(names)}`;
    await sql`delete from schema_migrations where version in ${sql(building.map(versionOf))}`;
    expect(await invalid(sql)).toEqual(names.sort());
    await migrate(url);
    expect(await invalid(sql)).toEqual([]);
    await sql.end();
  });

  test("by three processes at once ends in all of them", async () => {
    const { url, sql } = await databaseBefore();
    const results = await Promise.all([migrate(url), migrate(url), migrate(url)]);
    expect(results.filter((result) => result === "Nothing to apply")).toHaveLength(2);
    await sql.end();
  });
});

/** A database as the release before has it. */
async function databaseBefore() {
  const url = await copyDatabase(inject("backends").databaseUrl);
  const sql = postgres(url, { max: 1, onnotice() {} });
  for (const file of ours.toReversed()) {
    await sql.unsafe(textOf(file).split("-- migrate:down")[1]!);
    await sql`delete from schema_migrations where version = ${versionOf(file)}`;
  }
  return { url, sql };
}

const folderOf = (n: number) => `https://cdn.example.com/portraits/w/p${n}_portrait`;
const shownBy = (n: number) => ({
  image_portrait: `${folderOf(n)}_v3.png`,
  image_portrait_variants: [{ width: 64, height: 64, url: `${folderOf(n)}_v3.png` }],
});

/** Rows of an owner, with the columns that the release before writes. */
async function asTheReleaseBefore(sql: Sql, owner_id: string) {
  const [world_id, image_id, dataset_id, export_id] = Array.from({ length: 4 }, () => randomUUID());
  const image_url = await insertImage(sql, owner_id, image_id);
  await sql`
    insert into worlds (world_id, owner_id, theme, title, story, image_id)
    values (${world_id!}, ${owner_id}, 'norse', 'Ashfall', null, ${image_id!})
  `;
  const base64 = { image_portrait_base64: (await png(32)).toString("base64") };
  const pieces = [
    { status: "published", version: 3, details: { a: 1, ...shownBy(0) }, error: null },
    { status: "pending", version: 4, details: { a: 1, ...shownBy(0), ...base64 }, error: null },
    { status: "rejected", version: 1, details: { a: 1, ...base64 }, error: "The image is damaged" },
    { status: "none", version: 0, details: { a: 1 }, error: null },
  ];
  for (const [index, { status, version, details, error }] of pieces.entries())
    await sql`
      insert into lore_pieces (piece_id, world_id, type, name, description, details, portrait_status,
                               portrait_error, portrait_version, queued_at)
      values (${`0000000${index}${randomUUID().slice(8)}`}, ${world_id!}, 'character', 'Mira', '',
              ${sql.json(details)}, ${status}, ${error}, ${version}, now())
    `;
  for (const [subject, key] of [
    [null, "portraits/w/p0_portrait.png"],
    [`world:${randomUUID()}`, "portraits/x/p_portrait.png"],
  ] as const) {
    const erasure_id = randomUUID();
    await sql`
      insert into erasures (erasure_id, owner_id, subject) values (${erasure_id}, ${owner_id}, ${subject})
    `;
    await sql`
      insert into erasure_objects (erasure_id, owner_id, bucket, key, bytes, erase_after, final_after)
      values (${erasure_id}, ${owner_id}, 'images', ${key}, 5, now() + interval '1 hour',
              now() + interval '1 hour')
    `;
    await setTimeout(2);
  }
  await sql`
    insert into telegram_accounts (telegram_user_id, owner_id)
    values (${4242}, ${owner_id})
  `;
  await sql`insert into datasets (dataset_id, owner_id, name) values (${dataset_id!}, ${owner_id}, 'Faces')`;
  await sql`
    insert into exports (export_id, dataset_id, owner_id, layout, options, name, status, items, files,
                         warnings, content_sha256, ready_at, expires_at)
    values (${export_id!}, ${dataset_id!}, ${owner_id}, 'pairs', '{}', 'Faces', 'ready', 1, 1, '[]', '',
            now(), now() + interval '1 day')
  `;
  await sql`
    insert into export_items (export_id, position, file_index, image_id)
    values (${export_id!}, 0, 0, ${image_id!})
  `;
  await sql`
    insert into export_files (export_id, file_index, filename, status, bytes, sha256, queue_after)
    values (${export_id!}, 0, 'faces.zip', 'ready', 5, ${"0".repeat(64)}, now())
  `;
  return {
    ...{ world_id: world_id!, image_id: image_id!, export_id: export_id!, image_url },
    shown: { a: 1, ...shownBy(0) },
  };
}

async function insertImage(
  sql: Sql | postgres.TransactionSql,
  owner_id: string,
  image_id: string = randomUUID(),
): Promise<string> {
  const key = `images/${image_id}.png`;
  const url = `https://cdn.example.com/${key}`;
  await sql`
    insert into images (image_id, owner_id, platform, source, status, key, url, sha256, content_type, bytes,
                        width, height)
    values (${image_id}, ${owner_id}, 'web', '{}', 'published', ${key}, ${url}, ${"0".repeat(64)},
            'image/png', 5, 64, 64)
  `;
  return url;
}

/** How many transactions wait for a lock on a table. */
async function waiting(sql: Sql, table: string) {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::integer from pg_locks where relation = ${table}::regclass and not granted
  `;
  return row.count;
}

/** How many indexes wait for the transactions that began before. */
async function building(sql: Sql) {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::integer from pg_stat_activity
    where datname = current_database() and query ~ 'create index concurrently' and wait_event = 'virtualxid'
  `;
  return row.count;
}

async function invalid(sql: Sql) {
  const rows = await sql`
    select indexrelid::regclass::text as name from pg_index where not indisvalid order by 1
  `;
  return rows.map(({ name }) => name);
}
