import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { addUp } from "@keepsake/core/owners/addUp.sql";
import { readUsage } from "@keepsake/core/owners/usage.sql";
import { migrate } from "@keepsake/local/commands/migrate";
import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { copyDatabase } from "../support/stack.ts";

const version = "20261121000090";
const file = new URL(`../../packages/core/migrations/${version}_image_counts.sql`, import.meta.url);

let url: string;
let sql: Sql;

beforeAll(async () => {
  url = await copyDatabase(
    inject("backends").databaseUrl,
    `test_${randomUUID().replaceAll("-", "")}`,
  );
  sql = postgres(url, { max: 1, onnotice() {} });
});
beforeEach(async () => {
  const [, down] = (await readFile(file, "utf8")).split("-- migrate:down");
  await sql.unsafe(down!);
  await sql`delete from schema_migrations where version = ${version}`;
});
afterAll(() => sql.end());

const imagesOf = async (owner: string) => (await readUsage(sql, owner)).images;

describe("the migration to counted images", () => {
  test("counts the published images that each owner has, and no others", async () => {
    await insertImages("a", 3);
    await insertImages("b", 1);
    await insertImages("a", 2, { status: "pending" });
    await insertImages("a", 2, { status: "rejected" });
    await insertImages("a", 1, { duplicate_of: randomUUID() });
    await migrate(url);
    expect(await Promise.all(["a", "b", "c"].map(imagesOf))).toEqual([3, 1, 0]);
    await sql`delete from images where owner_id in ('a', 'b')`;
    expect(await Promise.all(["a", "b", "c"].map(imagesOf))).toEqual([0, 0, 0]);
  });

  test("lets the release before it publish, delete and add bytes up", async () => {
    await migrate(url);
    await insertImages("previous", 2, { status: "pending" });
    await sql`
      update images set status = 'published', url = 'https://a', sha256 = '', bytes = 5
      where owner_id = 'previous'
    `;
    await addUp(sql, "stored_bytes", 100); // as the release before it does
    await sql`
      delete from images where image_id in (
        select image_id from images where owner_id = 'previous' limit 1
      )
    `;
    expect(await readUsage(sql, "previous")).toMatchObject({ images: 1, stored_bytes: 5 });
    await addUp(sql, "image_counts", 100);
    expect(await imagesOf("previous")).toBe(1);
    expect(await sql`select 1 from image_counts where owner_id = 'previous'`).toHaveLength(1);
  });

  test("writes one row for all images that a statement deletes of an owner", async () => {
    await migrate(url);
    await insertImages("c", 4);
    await insertImages("d", 2);
    await insertImages("d", 2, { status: "rejected" });
    await sql`truncate image_counts`;
    await sql`delete from images where owner_id in ('c', 'd')`;
    const rows = await sql`select owner_id, images from image_counts order by owner_id`;
    expect([...rows]).toEqual([
      { owner_id: "c", images: -4 },
      { owner_id: "d", images: -2 },
    ]);
  });
});

function insertImages(
  owner_id: string,
  count: number,
  {
    status = "published",
    duplicate_of = null,
  }: { status?: string; duplicate_of?: string | null } = {},
) {
  return sql`
    insert into images (image_id, owner_id, platform, source, status, url, sha256, bytes, duplicate_of)
    select gen_random_uuid(), ${owner_id}, 'web', '{}', ${status}, 'https://a', '', 5, ${duplicate_of}
    from generate_series(1, ${count}::integer)
  `;
}
