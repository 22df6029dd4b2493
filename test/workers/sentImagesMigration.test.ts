import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { migrate } from "@keepsake/local/commands/migrate";
import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { copyDatabase } from "../support/stack.ts";

const files = [
  "20261122000023_worlds_by_image",
  "20261122000022_unfinished_images",
  "20261122000021_world_images",
  "20261122000020_image_requests",
];

let url: string;
let sql: Sql;

beforeAll(async () => {
  url = await copyDatabase(inject("backends").databaseUrl);
  sql = postgres(url, { max: 1, onnotice() {} });
  for (const file of files) {
    const text = await readFile(
      new URL(`../../packages/core/migrations/${file}.sql`, import.meta.url),
      "utf8",
    );
    await sql.unsafe(text.split("-- migrate:down")[1]!);
    await sql`delete from schema_migrations where version = ${file.slice(0, 14)}`;
  }
});
afterAll(() => sql.end());

describe("the migrations to images in requests and pictures of worlds", () => {
  test("keep requests and worlds, and the release before them goes on", async () => {
    const [before, after] = [randomUUID(), randomUUID()];
    const asBefore = async (key: string) => {
      const world_id = randomUUID();
      await sql`
        insert into requests (owner_id, idempotency_key, route, request_sha256, world_id, piece_ids)
        values ('user:a', ${key}, 'createWorld', '', ${world_id}, '[]')
      `;
      await sql`insert into worlds (world_id, owner_id, theme) values (${world_id}, 'user:a', 'x')`;
      return world_id;
    };
    const worlds = [await asBefore(before)];
    await migrate(url);
    worlds.push(await asBefore(after));
    const rows = await sql`
      select idempotency_key, world_id, piece_ids, result from requests order by created_at
    `;
    expect([...rows]).toEqual([
      { idempotency_key: before, world_id: worlds[0], piece_ids: [], result: null },
      { idempotency_key: after, world_id: worlds[1], piece_ids: [], result: null },
    ]);
  });

  test("let the release before them delete an image that is the picture of a world", async () => {
    await migrate(url);
    const [image_id, world_id] = [randomUUID(), randomUUID()];
    await sql`
      insert into images (image_id, owner_id, platform, source, status, url, sha256)
      values (${image_id}, 'user:b', 'web', '{}', 'published', 'https://a', '')
    `;
    await sql`
      insert into worlds (world_id, owner_id, theme, image_id) values (${world_id}, 'user:b', 'x', ${image_id})
    `;
    await sql`delete from images where image_id = ${image_id}`;
    const [world] = await sql`select image_id from worlds where world_id = ${world_id}`;
    expect(world).toEqual({ image_id: null });
  });

  test("accept no request that made nothing", async () => {
    await migrate(url);
    const inserting = sql`
      insert into requests (owner_id, idempotency_key, route, request_sha256)
      values ('user:c', 'nothing', 'createImage', '')
    `;
    await expect(inserting).rejects.toThrow("requests_made");
  });
});
