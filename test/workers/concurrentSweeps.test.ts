import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect } from "vitest";
import { faction } from "../support/pieceDrafts.ts";
import { sweep, type TestStack, testWithoutConsumers as test } from "../support/stack.ts";

const id = "019b0000-0000-7000-8000-000000000001";

/** A row of each kind that a sweep takes, and its table. */
const rows: [string, string, (stack: TestStack) => Promise<unknown>][] = [
  [
    "a portrait that waited too long",
    "lore_pieces",
    async ({ sql, client }) => {
      const { world } = await client("a").createWorld({ theme: "norse", pieces: [faction] });
      await sql`
        update lore_pieces
        set type = 'character', portrait_status = 'pending', portrait_version = 1, queued_at = null
        where world_id = ${world.world_id}
      `;
    },
  ],
  [
    "a re-host that waited too long",
    "images",
    ({ sql }) => sql`
      insert into images (image_id, owner_id, platform, platform_ref, source, status)
      values (${id}, 'user:a', 'discord', 'a', '{}', 'pending')
    `,
  ],
  [
    "an upload whose URL has expired",
    "images",
    ({ sql }) => sql`
      insert into images (image_id, owner_id, platform, source, status, bytes, url_expires_at,
                          expires_at)
      values (${id}, 'user:a', 'web', '{}', 'pending', 100, now() - interval '1 minute', now())
    `,
  ],
  [
    "a presigned URL that has expired",
    "upload_urls",
    ({ sql }) => sql`
      insert into upload_urls (upload_id, owner_id, expires_at)
      values (${id}, 'user:a', now() - interval '1 minute')
    `,
  ],
  [
    "changes of what an owner has stored",
    "owner_totals",
    ({ sql }) =>
      sql`insert into owner_totals (owner_id, bytes, images) values ('user:a', 1, 1), ('user:a', 2, 0)`,
  ],
  [
    "a generation that no longer counts",
    "generations",
    ({ sql }) => sql`
      insert into generations (generation_id, owner_id, characters, created_at)
      values (${id}, 'user:a', 1, now() - interval '61 minutes')
    `,
  ],
  [
    "an idempotency key of the day before",
    "requests",
    ({ sql }) => sql`
      insert into requests (owner_id, idempotency_key, route, request_sha256, world_id, piece_ids,
                            created_at)
      values ('user:a', 'key', 'createWorld', '', ${id}, '[]', now() - interval '25 hours')
    `,
  ],
  [
    "an object to remove",
    "erasure_objects",
    async ({ sql }) => {
      await sql`insert into erasures (erasure_id, owner_id) values (${id}, 'user:a')`;
      await sql`
        insert into erasure_objects (erasure_id, owner_id, bucket, key, erase_after, final_after)
        values (${id}, 'user:a', 'images', 'images/a.png', now(), now())
      `;
    },
  ],
  [
    "an object to purge",
    "erasure_objects",
    async ({ sql }) => {
      await sql`insert into erasures (erasure_id, owner_id) values (${id}, 'user:a')`;
      await sql`
        insert into erasure_objects (erasure_id, owner_id, bucket, key, erase_after, final_after,
                                     erased_at, purge_next, purge_after)
        values (${id}, 'user:a', 'images', 'images/a.png', now(), now(), now(), 'url', now())
      `;
    },
  ],
  [
    "an erasure with nothing left to do",
    "erasures",
    ({ sql }) => sql`insert into erasures (erasure_id, owner_id) values (${id}, 'user:a')`,
  ],
];

describe("a sweep leaves to another sweep, without waiting for it,", () => {
  test.for(rows)("%s", async ([, table, insert], { stack }) => {
    const { sql } = stack;
    const read = async () => JSON.stringify(await sql`select * from ${sql(table)}`);
    await insert(stack);
    const before = await read();
    await sql.begin(async (tx) => {
      await tx`select 1 from ${tx(table)} for update`;
      const swept = sweep(stack).then(() => "has ended");
      expect(await Promise.race([swept, sleep(8_000, "waits")])).toBe("has ended");
    });
    expect(await read()).toBe(before);

    await sweep(stack);
    expect(await read()).not.toBe(before);
    await sql`truncate worlds, images, generations, requests, erasures, upload_urls, owner_totals cascade`;
  });
});
