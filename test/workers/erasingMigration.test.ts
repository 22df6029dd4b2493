import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { migrate } from "@keepsake/local/commands/migrate";
import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyDatabase } from "../support/stack.ts";

const version = "20261121000010";
const file = new URL(`../../packages/core/migrations/${version}_erasing.sql`, import.meta.url);

let url: string;
let sql: Sql;

beforeAll(async () => {
  url = await copyDatabase();
  sql = postgres(url, { max: 1, onnotice() {} });
  await rollBack();
});
afterAll(() => sql.end());

describe("the migration to erasing by owner", () => {
  test("erases portraits that earlier releases replaced, 24 hours later, with a receipt per owner", async () => {
    const [a, b] = [randomUUID(), randomUUID()];
    await insertPiece({ owner: "a", world: a, piece: a, version: 3, shown: 3 });
    await insertPiece({ owner: "a", world: b, piece: b, version: 3, shown: 2 });
    for (const [owner, shown] of [
      ["b", 1],
      ["c", undefined],
    ] as const) {
      const id = randomUUID();
      await insertPiece({ owner, world: id, piece: id, version: 2, shown });
    }

    await migrate(url);

    const listed = await sql`
      select owner_id, key, erase_after = final_after as once,
             round(extract(epoch from erase_after - now()) / 3600)::integer as hours
      from erasure_objects order by key
    `;
    expect([...listed]).toEqual(
      [`${a}/${a}_portrait.png`, `${a}/${a}_portrait_v2.png`, `${b}/${b}_portrait.png`]
        .map((key) => ({ owner_id: "a", key: `portraits/${key}`, once: true, hours: 24 }))
        .sort((one, other) => (one.key < other.key ? -1 : 1)),
    );
    expect([...(await sql`select owner_id, done_at from erasures`)]).toEqual([
      { owner_id: "a", done_at: null },
    ]);
    await rollBack();
  });

  test("purges again what an earlier release failed to purge, and what is not done", async () => {
    await insertErasure("failed", "failed", { done: true, erased: true });
    await insertErasure("open", "confirmed", { done: false, erased: true });
    await insertErasure("done", "confirmed", { done: true, erased: true });
    await insertErasure("waiting", null, { done: false, erased: false });

    await migrate(url);

    const rows = await sql`
      select owner_id, purge_next, purge_failed_at is not null as failed from erasure_objects
      order by owner_id
    `;
    expect([...rows]).toEqual([
      { owner_id: "", purge_next: null, failed: false },
      { owner_id: "failed", purge_next: "url", failed: true },
      { owner_id: "open", purge_next: "url", failed: false },
      { owner_id: "waiting", purge_next: null, failed: false },
    ]);
  });

  test("lets the release before it delete and sweep", async () => {
    const erasure_id = randomUUID();
    await sql`insert into erasures (erasure_id, owner_id) values (${erasure_id}, 'previous')`;
    await sql`
      insert into erasure_objects (erasure_id, bucket, key, erase_after, final_after)
      values (${erasure_id}, 'images', 'images/x.png', now(), now())
    `;
    const [row] = await sql`
      select owner_id, purge_next from erasure_objects where erasure_id = ${erasure_id}
    `;
    expect(row).toEqual({ owner_id: "", purge_next: null });
  });
});

/** Undoes the migration, and removes what a test inserted. */
async function rollBack() {
  await sql`truncate worlds, erasures cascade`;
  const [, down] = (await readFile(file, "utf8")).split("-- migrate:down");
  await sql.unsafe(down!);
  await sql`delete from schema_migrations where version = ${version}`;
}

async function insertPiece(row: {
  owner: string;
  world: string;
  piece: string;
  version: number;
  shown: number | undefined;
}) {
  const { owner, world, piece, shown } = row;
  const suffix = shown === 1 ? "" : `_v${shown}`;
  const details =
    shown === undefined
      ? {}
      : {
          image_portrait: `https://cdn.example.com/portraits/${world}/${piece}_portrait${suffix}.png`,
        };
  await sql`insert into worlds (world_id, owner_id, theme) values (${world}, ${owner}, 'norse')`;
  await sql`
    insert into lore_pieces (piece_id, world_id, type, name, description, details, portrait_status,
                             portrait_version)
    values (${piece}, ${world}, 'character', 'Mira', '', ${sql.json(details)}, 'published',
            ${row.version})
  `;
}

async function insertErasure(
  owner: string,
  purge: string | null,
  { done, erased }: { done: boolean; erased: boolean },
) {
  const erasure_id = randomUUID();
  await sql`
    insert into erasures (erasure_id, owner_id, purge, done_at)
    values (${erasure_id}, ${owner}, ${purge}, case when ${done} then now() end)
  `;
  await sql`
    insert into erasure_objects (erasure_id, bucket, key, final_after, erased_at)
    values (${erasure_id}, 'images', 'images/x.png', now(), case when ${erased} then now() end)
  `;
}
