import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { addUp } from "@keepsake/core/owners/addUpTotals.sql";
import { readUsage } from "@keepsake/core/owners/usage.sql";
import { migrate } from "@keepsake/local/commands/migrate";
import postgres, { type Sql, type TransactionSql } from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { copyDatabase } from "../support/stack.ts";

const version = "20261121000083";
const file = new URL(`../../packages/core/migrations/${version}_owner_totals.sql`, import.meta.url);

let url: string;
let sql: Sql;

beforeAll(async () => {
  url = await copyDatabase();
  sql = postgres(url, { max: 1, onnotice() {} });
});
beforeEach(async () => {
  const [, down] = (await readFile(file, "utf8")).split("-- migrate:down");
  await sql.unsafe(down!);
  await sql`delete from schema_migrations where version = ${version}`;
});
afterAll(() => sql.end());

const totalsOf = async (owner: string) => {
  const { images, stored_bytes } = await readUsage(sql, owner);
  return [images, stored_bytes];
};

describe("the migration to totals of owners", () => {
  test("counts the published images and bytes that each owner has, and no others", async () => {
    await insertImages("a", 3);
    await insertImages("b", 1);
    await insertImages("a", 2, { status: "pending" });
    await insertImages("a", 2, { status: "rejected" });
    await insertImages("a", 1, { duplicate_of: randomUUID() });
    await migrate(url);
    expect(await Promise.all(["a", "b", "c"].map(totalsOf))).toEqual([
      [3, 15],
      [1, 5],
      [0, 0],
    ]);
    await sql`delete from images where owner_id in ('a', 'b')`;
    expect(await Promise.all(["a", "b", "c"].map(totalsOf))).toEqual(Array(3).fill([0, 0]));
  });

  test("lets the release before it publish and delete", async () => {
    await migrate(url);
    await insertImages("previous", 2, { status: "pending" });
    await sql`
      update images set status = 'published', url = 'https://a', sha256 = '', bytes = 5
      where owner_id = 'previous'
    `;
    await addUp(sql, 100);
    await sql`
      delete from images where image_id in (
        select image_id from images where owner_id = 'previous' limit 1
      )
    `;
    expect(await readUsage(sql, "previous")).toMatchObject({ images: 1, stored_bytes: 5 });
    await addUp(sql, 100);
    expect(await totalsOf("previous")).toEqual([1, 5]);
    expect(await sql`select 1 from owner_totals where owner_id = 'previous'`).toHaveLength(1);
  });

  test("counts once what is published before, while and after it runs", async () => {
    const other = postgres(url, { max: 3, onnotice() {} });
    const insert = (tx: Sql | TransactionSql) => insertImages("writer", 1, {}, tx);
    await insert(other);
    const { migration, later } = await other.begin(async (tx) => {
      await insert(tx);
      const migration = migrate(url);
      await vi.waitFor(async () => expect(await waiting(sql)).toBe(1), 10_000);
      const later = insert(other).execute();
      await vi.waitFor(async () => expect(await waiting(sql)).toBe(2), 10_000);
      return { migration, later };
    });
    await Promise.all([migration, later]);
    await insert(other);
    expect(await totalsOf("writer")).toEqual([4, 20]);
    await other.end();
  });

  test("takes worlds before pieces and images, as requests do", async () => {
    const other = postgres(url, { max: 1, onnotice() {} });
    const { migration } = await other.begin(async (tx) => {
      await tx`lock table worlds in row exclusive mode`;
      const migration = migrate(url);
      await vi.waitFor(async () => expect(await waiting(sql, "worlds")).toBe(1), 10_000);
      // a request that has changed a world changes its pieces and images next
      await tx`set local lock_timeout = '1s'`;
      await tx`lock table lore_pieces, images in row exclusive mode`;
      return { migration };
    });
    await migration;
    await other.end();
  });

  test("writes one row for all images that a statement deletes of an owner", async () => {
    await migrate(url);
    await insertImages("c", 4);
    await insertImages("d", 2);
    await insertImages("d", 2, { status: "rejected" });
    await sql`truncate owner_totals`;
    await sql`delete from images where owner_id in ('c', 'd')`;
    const rows =
      await sql`select owner_id, images, bytes::integer from owner_totals order by owner_id`;
    expect([...rows]).toEqual([
      { owner_id: "c", images: -4, bytes: -20 },
      { owner_id: "d", images: -2, bytes: -10 },
    ]);
  });
});

/** How many transactions wait for a lock on a table. */
async function waiting(sql: Sql, table = "images") {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::integer from pg_locks where relation = ${table}::regclass and not granted
  `;
  return row.count;
}

function insertImages(
  owner_id: string,
  count: number,
  {
    status = "published",
    duplicate_of = null,
  }: { status?: string; duplicate_of?: string | null } = {},
  connection: Sql | TransactionSql = sql,
) {
  return connection`
    insert into images (image_id, owner_id, platform, source, status, url, sha256, bytes, duplicate_of)
    select gen_random_uuid(), ${owner_id}, 'web', '{}', ${status}, 'https://a', '', 5, ${duplicate_of}
    from generate_series(1, ${count}::integer)
  `;
}
