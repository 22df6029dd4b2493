import type { Client } from "@keepsake/client";
import type { Sql } from "postgres";
import { v7 as uuidv7 } from "uuid";
import { describe, expect } from "vitest";
import { newOwner, testWithoutConsumers as test } from "../support/stack.ts";

type Filter = NonNullable<Parameters<Client["listImages"]>[0]>;

describe("the pages of many images", () => {
  test("with a tag or words that all, many, few or one of them have give each once, in order", async ({
    stack,
    owner: { client, sub },
    task,
  }) => {
    const linked = "telegram:7802";
    await stack.sql`insert into telegram_accounts values (7802, ${`user:${sub}`})`;
    const ids = await insertMany(stack.sql, [`user:${sub}`, linked]);
    await insertMany(stack.sql, [`user:${newOwner(stack).sub}`]);
    const cases: [Filter, (n: number) => boolean][] = [
      [{ tag: "all" }, () => true],
      [{ tag: "tenth" }, (n) => n % 10 === 1],
      [{ tag: "hundredth" }, (n) => n % 100 === 2],
      [{ tag: "one" }, (n) => n === 7],
      [{ tag: "old" }, (n) => n < 300],
      [{ tag: "none" }, () => false],
      [{ q: "\u00f6land" }, () => true],
      [{ q: "\u00d6LA" }, () => true],
      [{ q: "ferry \u00f6land" }, (n) => n % 3 === 1],
      [{ tag: "all", q: "ferry", visibility: "private" }, (n) => n % 3 === 1 && n % 2 === 0],
      [{ tag: "tenth", platform: "telegram" }, (n) => n % 10 === 1 && n % 4 === 1],
    ];
    task.meta.cases = 2 * cases.length;
    for (const [filter, isFound] of cases) {
      const oldest = ids.filter((_, n) => isFound(n));
      expect([filter, await pages(client, { ...filter, order: "oldest" })]).toEqual([
        filter,
        oldest,
      ]);
      expect([filter, await pages(client, filter)]).toEqual([filter, oldest.toReversed()]);
    }
  });
});

/** The ids of all pages of a list. */
async function pages(client: Client, filter: Filter): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.listImages({ ...filter, limit: 100, ...(cursor && { cursor }) });
    ids.push(...page.images.map(({ image_id }) => image_id));
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  return ids;
}

/** Inserts 1,500 images, of each owner in turn, and resolves to their ids, the oldest first. */
async function insertMany(sql: Sql, owners: string[]): Promise<string[]> {
  const start = Date.UTC(2026, 0, 1);
  const captions = [
    "A ship near \u00d6land",
    "The ferry to \u00d6LAND's north",
    "(\u00f6land:1.2)",
  ];
  const images = Array.from({ length: 1_500 }, (_, n) => ({
    image_id: uuidv7({ msecs: start + n * 60_000 }),
    owner_id: owners[n % owners.length],
    platform: n % 4 === 1 ? "telegram" : "web",
    visibility: n % 2 === 0 ? "private" : "public",
    caption: captions[n % captions.length],
    tags: [
      "all",
      ...(n % 10 === 1 ? ["tenth"] : []),
      ...(n % 100 === 2 ? ["hundredth"] : []),
      ...(n === 7 ? ["one"] : []),
      ...(n < 300 ? ["old"] : []),
    ],
  }));
  await sql`
    insert into images (image_id, owner_id, platform, platform_ref, visibility, source, status, key, url,
                        content_type, width, height, sha256, bytes, caption, tags)
    select image_id, owner_id, platform, image_id, visibility, '{}', 'published',
           'images/' || image_id || '.png', 'https://cdn.example/' || image_id, 'image/png', 32, 32, '',
           1000, caption, array(select jsonb_array_elements_text(tags))
    from jsonb_to_recordset(${sql.json(images)})
      as image (image_id uuid, owner_id text, platform text, visibility text, caption text, tags jsonb)
  `;
  return images.map(({ image_id }) => image_id);
}
