import { randomBytes, randomUUID } from "node:crypto";
import { limits } from "@keepsake/contract/limits";
import { readUsage } from "@keepsake/core/owners/usage.sql";
import { describe, expect } from "vitest";
import { datasetToExport } from "../support/exports/datasetToExport.ts";
import { png } from "../support/images.ts";
import { character } from "../support/pieceDrafts.ts";
import {
  deliver,
  type Owner,
  request,
  sweep,
  type TestStack,
  testWithoutConsumers as test,
} from "../support/stack.ts";
import { fileOf, uploadRequest } from "../support/uploadRequests.ts";
import { passUploadTime } from "../support/uploadTimeAndObjects.ts";

const nothing = {
  images: 0,
  stored_bytes: 0,
  generated_characters: 0,
  outstanding_uploads: 0,
  outstanding_upload_bytes: 0,
  live_upload_urls: 0,
  datasets: 0,
  started_exports: 0,
  started_owner_exports: 0,
};

const usageOf = async ({ client }: Owner) => (await client.getOwner()).usage;

/** Whether the count is that of the rows. */
async function expectCounted({ sql }: TestStack, { sub }: Owner, images: number) {
  const [row] = await sql`
    select (select sum(images)::integer from owner_totals where owner_id = ${`user:${sub}`}) as kept,
           (select count(*)::integer from images where owner_id = ${`user:${sub}`}
            and status = 'published' and duplicate_of is null) as counted
  `;
  expect(row).toEqual({ kept: images, counted: images });
}

describe("GET /me", () => {
  test("names the caller as it is known, with nothing used and every limit", async ({
    stack,
    owner: { client, sub },
  }) => {
    expect(await client.getOwner()).toEqual({
      owner: sub,
      usage: nothing,
      limits: {
        images: null,
        stored_bytes: null,
        generated_characters: 120,
        outstanding_uploads: 20,
        outstanding_upload_bytes: 200_000_000,
        live_upload_urls: 200,
        datasets: 200,
        dataset_items: 1_000,
        started_exports: 5,
        started_owner_exports: 5,
        files: {
          image_bytes: 20_000_000,
          image_side_min_px: 16,
          image_side_px: 12_000,
          image_pixels: 40_000_000,
          jpeg_pixels: 52_000_000,
          avif_pixels: 16_000_000,
          portrait_bytes: 3_000_000,
          portrait_side_px: 4_096,
        },
      },
    });
    const headers = {
      authorization: `Bearer ${stack.serviceKey}`,
      "keepsake-owner": encodeURIComponent("user:é|7"),
    };
    const answer = await request(stack, "GET", "/me", { headers });
    expect(answer.body.owner).toBe("user:é|7");
  });

  test("counts an image and its bytes from when it is published until it is deleted", async ({
    stack,
    owner,
  }) => {
    const first = await owner.client.upload(fileOf(await png(32, "#0e0e01")));
    const second = await owner.client.upload(fileOf(await png(32, "#0e0e02")));
    const both = { images: 2, stored_bytes: first.bytes! + second.bytes! };
    expect(await usageOf(owner)).toMatchObject({ ...both, outstanding_uploads: 0 });

    await sweep(stack);
    await sweep(stack);
    expect(await usageOf(owner)).toMatchObject(both);
    await owner.client.deleteImage(first);
    expect(await usageOf(owner)).toMatchObject({ images: 1, stored_bytes: second.bytes! });
    await expectCounted(stack, owner, 1);
    await owner.client.eraseOwner();
    expect(await usageOf(owner)).toMatchObject({ images: 0, stored_bytes: 0 });
    await sweep(stack);
    const { sub } = owner;
    expect(
      await stack.sql`select 1 from owner_totals where owner_id = ${`user:${sub}`}`,
    ).toHaveLength(0);
  });

  test("counts a published portrait by its bytes alone, and no image that was rejected", async ({
    stack,
    owner,
  }) => {
    const pieces = [await character("Mira", await png(64))];
    const { world } = await owner.client.createWorld({ theme: "norse", pieces });
    await deliver(stack, "PortraitQueue", [{ piece_id: world.pieces[0]!.piece_id, version: 1 }]);
    await expect(owner.client.upload(fileOf(Buffer.from("no image")))).rejects.toThrow();
    const usage = await usageOf(owner);
    expect(usage.images).toBe(0);
    expect(usage.stored_bytes).toBeGreaterThan(0);
    await owner.client.deleteWorld({ world_id: world.world_id });
    expect((await usageOf(owner)).stored_bytes).toBe(0);
  });

  test("counts a re-host once it is published", async ({ stack, owner }) => {
    const image_id = randomUUID();
    await stack.sql`
      insert into images (image_id, owner_id, platform, platform_ref, source, status)
      values (${image_id}, ${`user:${owner.sub}`}, 'telegram', ${image_id}, '{}', 'pending')
    `;
    expect(await usageOf(owner)).toEqual(nothing);
    await stack.sql`
      update images set status = 'published', url = 'https://a', sha256 = '', bytes = 7
      where image_id = ${image_id}
    `;
    expect(await usageOf(owner)).toEqual({ ...nothing, images: 1, stored_bytes: 7 });
    await stack.sql`
      update images set duplicate_of = ${randomUUID()} where image_id = ${image_id}
    `;
    await expectCounted(stack, owner, 0);
  });

  test("counts uploads while their URLs are live, and URLs of those that were cancelled", async ({
    stack,
    owner,
  }) => {
    const presign = (size: number) =>
      owner.client.presignUpload({ ...uploadRequest(randomBytes(10)), size });
    const upload = await presign(1_000);
    await presign(20_000_000);
    expect(await usageOf(owner)).toEqual({
      ...nothing,
      outstanding_uploads: 2,
      outstanding_upload_bytes: 20_001_000,
      live_upload_urls: 2,
    });
    await owner.client.cancelUpload(upload);
    expect(await usageOf(owner)).toEqual({
      ...nothing,
      outstanding_uploads: 1,
      outstanding_upload_bytes: 20_000_000,
      live_upload_urls: 2,
    });
    await stack.sql`
      update upload_urls set expires_at = now() where owner_id = ${`user:${owner.sub}`}
    `;
    await passUploadTime(stack, limits.upload_url_seconds);
    expect(await usageOf(owner)).toEqual(nothing);
  });

  test("counts the characters of the last hour", async ({ stack, owner }) => {
    await owner.client.generateCharacters({ theme: "norse", count: 2 });
    expect(await usageOf(owner)).toEqual({ ...nothing, generated_characters: 2 });
    await stack.sql`
      update generations set created_at = now() - interval '1 hour'
      where owner_id = ${`user:${owner.sub}`}
    `;
    expect(await usageOf(owner)).toEqual(nothing);
  });

  test("counts the exports that were started in the last 24 hours, deleted ones included", async ({
    stack,
    owner,
  }) => {
    const { client, sub } = owner;
    const { dataset_id } = await datasetToExport(client, { images: 1 });
    for (const layout of ["pairs", "kohya"] as const) {
      const started = await client.createExport({ dataset_id, layout });
      await client.deleteExport(started.export);
    }
    expect((await usageOf(owner)).started_exports).toBe(2);
    await stack.sql`
      update exports set created_at = now() - interval '24 hours'
      where export_id = (select max(export_id::text)::uuid from exports where owner_id = ${`user:${sub}`})
    `;
    expect((await usageOf(owner)).started_exports).toBe(1);
  });

  test("counts nothing of other owners, and nothing of a linked Telegram account", async ({
    stack,
    owner,
  }) => {
    const { sub } = owner;
    await stack.sql`
      insert into telegram_accounts (telegram_user_id, owner_id) values (909090, ${`user:${sub}`})
    `;
    for (const other of ["telegram:909090", `user:${sub}x`, sub, `telegram:${sub}`]) {
      await stack.sql`
        insert into images (image_id, owner_id, platform, source, status, url, sha256, bytes)
        values (gen_random_uuid(), ${other}, 'web', '{}', 'published', 'https://a', '', 5)
      `;
      await stack.sql`
        insert into images (image_id, owner_id, platform, source, status, bytes, url_expires_at)
        values (gen_random_uuid(), ${other}, 'web', '{}', 'pending', 5, now() + interval '1 minute')
      `;
      await stack.sql`
        insert into upload_urls (upload_id, owner_id, expires_at)
        values (gen_random_uuid(), ${other}, now() + interval '1 minute')
      `;
      await stack.sql`
        insert into generations (generation_id, owner_id, characters)
        values (gen_random_uuid(), ${other}, 3)
      `;
      await stack.sql`
        insert into exports (export_id, owner_id, layout, options, name, items, files, warnings, content_sha256)
        values (gen_random_uuid(), ${other}, 'pairs', '{}', 'Harbours', 1, 1, '[]', '')
      `;
    }
    expect(await usageOf(owner)).toEqual(nothing);
  });

  test("reads as little for an owner with 20,000 images as for one with none", async ({
    stack: { sql },
  }) => {
    await sql`
      insert into images (image_id, owner_id, platform, source, status, url, sha256, bytes)
      select gen_random_uuid(), 'user:large', 'web', '{}', 'published', 'https://a', '', 5
      from generate_series(1, 20000)
    `;
    await sql`
      insert into owner_totals (owner_id, bytes, images, is_sum)
      select owner_id, sum(bytes), sum(images), true from owner_totals
      where owner_id = 'user:large' group by owner_id
    `;
    await sql`delete from owner_totals where owner_id = 'user:large' and not is_sum`;
    await sql`analyze images, owner_totals`;
    const read = async (owner_id: string) => {
      const connection = await sql.reserve();
      await connection`begin`;
      const usage = await readUsage(connection, owner_id);
      const [row] = await connection`
        select sum(pg_stat_get_xact_tuples_returned(c.oid)
                   + pg_stat_get_xact_tuples_fetched(c.oid))::integer as rows
        from pg_class c
        where c.oid = 'images'::regclass
          or c.oid in (select indexrelid from pg_index where indrelid = 'images'::regclass)
      `;
      await connection`rollback`;
      connection.release();
      return { images: usage.images, ...row };
    };
    expect(await read("user:large")).toEqual({ images: 20_000, rows: 0 });
    expect(await read("user:none")).toEqual({ images: 0, rows: 0 });
    await sql`delete from images where owner_id = 'user:large'`;
    await sql`delete from owner_totals where owner_id = 'user:large'`;
  });
});
