import { randomUUID } from "node:crypto";
import * as rows from "@keepsake/core/erasures/erasures.sql";
import type { Sql } from "postgres";
import { describe, expect } from "vitest";
import { insertImages } from "../support/insertImages.ts";
import { faction } from "../support/pieceDrafts.ts";
import { rowsReadBy } from "../support/rowsReadBy.ts";
import { newOwner, request, sweep, testWithoutConsumers as test } from "../support/stack.ts";

describe("the list of an owner's erasures", () => {
  test("says what was erased, newest first, also what was removed without a request", async ({
    stack,
    owner,
  }) => {
    const { client, sub } = owner;
    const [image_id, exported] = await insertImages(stack, owner, [{}, {}]);
    const { erasure: ofImage } = await client.deleteImage({ image_id: image_id! });
    const { world } = await client.createWorld({ theme: "norse", pieces: [faction] });
    const { erasure: ofWorld } = await client.deleteWorld({ world_id: world.world_id });
    const { dataset_id } = (await client.createDataset({ name: "Cats" })).dataset;
    await client.putDatasetItems({ dataset_id, items: [{ image_id: exported! }] });
    const requested = await client.createExport({ dataset_id, layout: "pairs" });
    await client.deleteExport({ export_id: requested.export.export_id });
    const portrait = await insertErasure(stack.sql, `user:${sub}`, "portraits/w/p_portrait.png");
    const { erasure: ofOwner } = await client.eraseOwner();

    const { erasures, next_cursor } = await client.listErasures();
    expect(next_cursor).toBeNull();
    expect(erasures.map(({ erasure_id, subject }) => [subject, erasure_id])).toEqual([
      ["owner", ofOwner.erasure_id],
      ["portrait", portrait],
      ["export", expect.any(String)],
      ["world", ofWorld.erasure_id],
      ["image", ofImage.erasure_id],
    ]);
    for (const { subject, ...erasure } of erasures) {
      expect(subject).not.toBeNull();
      expect((await client.getErasure({ erasure_id: erasure.erasure_id })).erasure).toEqual(
        erasure,
      );
    }
    await sweep(stack);
    const [owned] = (await client.listErasures({ limit: 1 })).erasures;
    expect(owned).toEqual({
      ...(await client.getErasure({ erasure_id: ofOwner.erasure_id })).erasure,
      subject: "owner",
    });
  });

  test("is read page by page, also of erasures of one moment, and is the owner's alone", async ({
    stack,
    owner,
  }) => {
    const { client, sub } = owner;
    const other = newOwner(stack);
    await insertErasure(stack.sql, `user:${other.sub}`, "images/a.png");
    const ids: string[] = [];
    for (const key of ["images/1.png", "images/2.png", "images/3.png"])
      ids.push(await insertErasure(stack.sql, `user:${sub}`, key));
    await stack.sql`
      update erasures set created_at = '2026-01-01' where erasure_id in ${stack.sql(ids.slice(0, 2))}
    `;
    const listed: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.listErasures({ limit: 1, ...(cursor && { cursor }) });
      listed.push(...page.erasures.map(({ erasure_id }) => erasure_id));
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
    const same = [ids[0]!, ids[1]!].toSorted().toReversed();
    expect(listed).toEqual([ids[2], ...same]);
    expect((await other.client.listErasures()).erasures).toHaveLength(1);
    const { next_cursor } = await client.listErasures({ limit: 1 });
    await expect(other.client.listErasures({ cursor: next_cursor! })).rejects.toMatchObject({
      code: "input.invalid",
    });
  });

  test("rejects a page that is none", async ({ stack, owner: { sub } }) => {
    for (const query of ["limit=0", "limit=101", "cursor=x"]) {
      const { status, body } = await request(stack, "GET", `/erasures?${query}`, { sub });
      expect([query, status, body.error?.code]).toEqual([query, 422, "input.invalid"]);
    }
  });

  test("is read from an index, as many rows as the page has", async ({ stack: { sql }, owner }) => {
    const owners = [`user:${owner.sub}`, "user:a crowd of erasures"];
    for (const owner_id of owners)
      await sql`
        insert into erasures (erasure_id, owner_id, subject, created_at)
        select gen_random_uuid(), ${owner_id}, 'image:' || n, now() - n * interval '1 minute'
        from generate_series(1, 20000) n
      `;
    await sql`vacuum analyze erasures`;
    const [place] = await sql<[rows.Place]>`
      select erasure_id, (extract(epoch from created_at) * 1000000)::bigint::text as created_at_us
      from erasures where owner_id = ${owners[0]!} order by created_at offset 10000
    `;
    for (const after of [undefined, place]) {
      const page = rows.page(sql, owners[0]!, { limit: 51, after });
      expect(await rowsReadBy(sql, "erasures", page)).toEqual({ erasures_by_owner: 51 });
    }
  });

  test("goes on after an erasure that is gone, because its portrait was brought back", async ({
    stack,
    owner: { client, sub },
  }) => {
    const ids: string[] = [];
    for (const key of ["images/1.png", "images/2.png", "images/3.png"])
      ids.unshift(await insertErasure(stack.sql, `user:${sub}`, key));
    const first = await client.listErasures({ limit: 1 });
    expect(first.erasures[0]!.erasure_id).toBe(ids[0]);
    await stack.sql`delete from erasure_objects where erasure_id = ${ids[0]!}`;
    await stack.sql`delete from erasures where erasure_id = ${ids[0]!}`;

    const rest = await client.listErasures({ cursor: first.next_cursor! });
    expect(rest.erasures.map(({ erasure_id }) => erasure_id)).toEqual(ids.slice(1));
  });

  test("counts the objects of an erasure once, when it is done", async ({ stack, owner }) => {
    const { client, sub } = owner;
    const [image_id] = await insertImages(stack, owner, [{}]);
    const { erasure } = await client.deleteImage({ image_id: image_id! });
    const portrait = await insertErasure(stack.sql, `user:${sub}`, "portraits/w/p_portrait.png");
    await stack.sql`
      update erasure_objects set erased_at = now(), purge_next = null, bytes = 1000
      where erasure_id in (${erasure.erasure_id}, ${portrait})
    `;
    await rows.finish(stack.sql);

    const page = rows.page(stack.sql, `user:${sub}`, { limit: 51 });
    expect(await rowsReadBy(stack.sql, "erasure_objects", page)).toEqual({});
    const { erasures } = await client.listErasures();
    const shown = erasures.map(({ subject, bytes }) => [subject, bytes]);
    expect(shown).toEqual([
      ["portrait", 1000],
      ["image", erasures[1]!.objects * 1000],
    ]);
    for (const { subject: _, ...listed } of erasures)
      expect((await client.getErasure(listed)).erasure).toEqual(listed);
  });
});

/** As the work of the system itself starts one. */
async function insertErasure(sql: Sql, owner_id: string, key: string) {
  const erasure_id = randomUUID();
  await sql`insert into erasures (erasure_id, owner_id) values (${erasure_id}, ${owner_id})`;
  await sql`
    insert into erasure_objects (erasure_id, owner_id, bucket, key, erase_after, final_after)
    values (${erasure_id}, ${owner_id}, 'images', ${key}, now() + interval '1 day', now() + interval '1 day')
  `;
  return erasure_id;
}
