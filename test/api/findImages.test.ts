import type { Client } from "@keepsake/client";
import * as imagePages from "@keepsake/core/images/imagePages.sql";
import { findBySource } from "@keepsake/core/images/images.sql";
import type { Sql } from "postgres";
import { v7 as uuidv7 } from "uuid";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { rowsReadBy } from "../support/rowsReadBy.ts";
import { newOwner, request, testWithoutConsumers as test } from "../support/stack.ts";
import { fileOf } from "../support/uploadRequests.ts";

describe("the list of images finds", () => {
  test("words and beginnings of words in file names, captions and alt texts", async ({ owner }) => {
    const { client } = owner;
    const ship = await uploadWith(client, "#420001", {
      filename: "IMG_2031-Ship.png",
      caption: "A longship, (masterpiece:1.2)\nat dawn",
      alt: "Ein Schiff vor \u00d6land",
    });
    const wolf = await uploadWith(client, "#420002", {
      filename: "wolf.png",
      caption: "A wolf at dawn",
      alt: "It's grey",
    });
    const cases: [string, string[]][] = [
      ["dawn", [wolf, ship]],
      ["DAW", [wolf, ship]],
      ["dawn wolf", [wolf]],
      ["ship", [ship]],
      ["2031", [ship]],
      ["img ship png", [ship]],
      ["IMG_2031-Ship.png", [ship]],
      ["longship schiff", [ship]],
      ["\u00f6land", [ship]],
      ["it's", [wolf]],
      ["hip", []],
      ["dawn cat", []],
      ["!!!", []],
      ["' & | ! ( ) : * \\ <->", []],
      ["dawn:* & !wolf", [wolf]],
    ];
    for (const [q, found] of cases) expect([q, await listed(client, { q })]).toEqual([q, found]);
  });

  test("a tag, a platform, and all filters together", async ({ stack, owner: { client } }) => {
    const both = await uploadWith(client, "#420003", { tags: ["Sea", "North"], caption: "a wolf" });
    const sea = await uploadWith(client, "#420004", { tags: ["sea", "wolf"] });
    await stack.sql`
      update images set platform = 'discord', platform_ref = image_id::text where image_id = ${sea}
    `;
    const cases: [Filter, string[]][] = [
      [{ tag: "sea" }, [sea, both]],
      [{ tag: "SEA" }, [sea, both]],
      [{ tag: "north" }, [both]],
      [{ tag: "nor" }, []],
      [{ q: "wolf" }, [both]],
      [{ platform: "discord" }, [sea]],
      [{ platform: "web" }, [both]],
      [{ platform: "telegram" }, []],
      [{ platform: "web", tag: "sea", q: "wolf" }, [both]],
      [{ platform: "discord", tag: "sea", q: "wolf" }, []],
      [{ tag: "sea", q: "!!!" }, []],
    ];
    for (const [filter, found] of cases)
      expect([filter, await listed(client, filter)]).toEqual([filter, found]);
  });

  test("images by the time of their creation: from `after`, up to but without `before`", async ({
    stack,
    owner: { client, sub },
  }) => {
    const start = Date.parse("2026-03-01T00:00:00Z");
    const days = Array.from({ length: 5 }, (_, day) => new Date(start + day * 86_400_000));
    const ids = await insertImages(stack.sql, `user:${sub}`, days);
    const at = (day: number) => days[day]!.toISOString();
    const found = async (filter: Filter) =>
      (await listed(client, filter)).map((id) => ids.indexOf(id));

    expect(await found({ after: at(3) })).toEqual([4, 3]);
    expect(await found({ before: at(2) })).toEqual([1, 0]);
    expect(await found({ after: at(1), before: at(3) })).toEqual([2, 1]);
    expect(await found({ after: "2026-03-02T02:00:00+02:00", before: at(2) })).toEqual([1]);
    expect(await found({ after: at(3), before: at(1) })).toEqual([]);
    expect(await found({ before: "0000-01-01T00:00:00Z" })).toEqual([]);
    expect(await found({ after: "0000-01-01T00:00:00Z" })).toHaveLength(5);
    expect(await found({ after: "9999-12-31T23:59:59Z" })).toEqual([]);
    const { images } = await client.listImages({ after: at(4) });
    expect(images[0]!.created_at).toBe(at(4));
  });

  test("page by page, across linked Telegram accounts, and never another owner's images", async ({
    stack,
    owner: { client, sub },
  }) => {
    const other = newOwner(stack);
    const theirs = await uploadWith(other.client, "#420006", { tags: ["sea"], caption: "sea" });
    const ids: string[] = [];
    for (const _ of Array.from({ length: 5 }))
      ids.unshift(await uploadWith(client, "#420005", { tags: ["sea"], caption: "sea" }));
    await stack.sql`insert into telegram_accounts values (942, ${`user:${sub}`})`;
    await stack.sql`
      update images set owner_id = 'telegram:942' where image_id in (${ids[1]!}, ${ids[3]!})
    `;
    const after = new Date(Date.now() - 3_600_000).toISOString();
    for (const filter of [{ tag: "sea" }, { q: "sea" }, { platform: "web" as const }, { after }]) {
      const pages: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await client.listImages({ ...filter, limit: 2, ...(cursor && { cursor }) });
        pages.push(...page.images.map(({ image_id }) => image_id));
        cursor = page.next_cursor ?? undefined;
      } while (cursor);
      expect([filter, pages]).toEqual([filter, ids]);
      const { next_cursor } = await client.listImages({ ...filter, limit: 2 });
      const otherFilter = { ...filter, q: "se", cursor: next_cursor! };
      await expect(client.listImages(otherFilter)).rejects.toMatchObject({ code: "input.invalid" });
      expect(await listed(other.client, filter)).toEqual([theirs]);
    }
  });

  test("an image that was sent again after it was rejected under its new time", async ({
    stack,
    owner: { client, sub },
  }) => {
    const source = { platform: "telegram" as const, file_id: "a", file_unique_id: `${sub} a` };
    const { image } = await client.rehostImage({ source });
    await stack.sql`
      update images set status = 'rejected', created_at = now() - interval '3 days'
      where image_id = ${image.image_id}
    `;
    await client.rehostImage({ source: { ...source, file_id: "b" } });
    const after = new Date(Date.now() - 60_000).toISOString();
    expect(await listed(client, { after })).toHaveLength(1);
    expect(await listed(client, { before: after })).toEqual([]);
  });
});

test("a filter that is not one is rejected", async ({ stack, owner: { sub } }) => {
  const queries = [
    "platform=myspace",
    "tag=",
    `tag=${"x".repeat(51)}`,
    "q=",
    `q=${"x".repeat(201)}`,
    "before=yesterday",
    "after=2026-02-30T00:00:00Z",
    "after=2026-01-01",
    "limit=1e1",
  ];
  for (const query of queries) {
    const { status, body } = await request(stack, "GET", `/images?${query}`, { sub });
    expect([query, status, body.error?.code]).toEqual([query, 422, "input.invalid"]);
  }
});

test("an index serves each filter, and only images of the owner are read", async ({
  stack: { sql },
  owner,
}) => {
  const start = Date.UTC(2026, 0, 1);
  const subs = [owner.sub, "a crowd", "another crowd"];
  for (const sub of subs) await insertMany(sql, `user:${sub}`, start);
  await sql`vacuum analyze images`;
  const read = (query: object) => rowsReadBy(sql, "images", query);
  const page = (filter: imagePages.Filter & { order?: imagePages.Order }) =>
    read(imagePages.page(sql, `user:${owner.sub}`, { limit: 51, ...filter }));

  const day = (number: number) => new Date(start + number * 86_400_000);
  // what few images have: the next ones are tried, then the index by text is read
  const few = { images_by_owner: 500, images_by_text: 20 };
  const cases: [imagePages.Filter, Record<string, number>][] = [
    [{}, { images_by_owner: 51 }],
    [{ platform: "discord" }, { images_by_visibility: 51 }],
    [{ tag: "rare" }, few],
    [{ q: "unusual" }, few],
    [{ q: "unus" }, few],
    [{ tag: "rare", q: "unus", platform: "discord" }, few],
    [{ tag: "rare", visibility: "public" }, few],
    [{ tag: "sea" }, { images_by_owner: 51 }],
    [{ q: "common img" }, { images_by_owner: 52 }],
    // one in 20: the next images do not fill the page, more of them do
    [{ tag: "north" }, { images_by_owner: 500 + 1_020 }],
    [{ tag: "sea", q: "wolf", visibility: "public" }, { images_by_owner: 52 }],
    // and the image of the minute by which the clocks may differ
    [{ before: day(3) }, { images_by_owner: 52 }],
    [{ before: day(3), tag: "sea" }, { images_by_owner: 52 }],
    // at most all images of that day, and of a minute around it: Postgres may sort a few
    [{ after: day(3), before: day(4) }, { images_by_owner: 1_442 }],
  ];
  for (const order of ["newest", "oldest"] as const)
    for (const [filter, most] of cases) {
      const read = await page({ ...filter, order });
      expect([order, filter, Object.keys(read).sort()]).toEqual([order, filter, Object.keys(most)]);
      for (const [index, rows] of Object.entries(read))
        expect(rows, JSON.stringify([order, filter, index])).toBeLessThanOrEqual(most[index]!);
    }
  const source = { source_sha256: "source 7", visibility: "public" as const };
  const bySource = findBySource(sql, `user:${owner.sub}`, source);
  expect(await read(bySource)).toEqual({
    images_by_source: 1,
  });
});

type Filter = NonNullable<Parameters<Client["listImages"]>[0]>;

async function listed(client: Client, filter: Filter) {
  return (await client.listImages(filter)).images.map(({ image_id }) => image_id);
}

/** Uploads a picture and says something about it. */
async function uploadWith(
  client: Client,
  colour: string,
  texts: Omit<Parameters<Client["updateImage"]>[0], "image_id">,
) {
  const { image_id } = await client.upload(fileOf(await png(32, colour)));
  await client.updateImage({ image_id, ...texts });
  return image_id;
}

/** Inserts a published image for each time, and resolves to their ids. */
async function insertImages(sql: Sql, owner_id: string, times: Date[]) {
  const images = times.map((created_at) => {
    const image_id = uuidv7({ msecs: created_at.getTime() });
    const url = `https://example.com/${image_id}.png`;
    const source = sql.json({});
    const status = "published";
    return { image_id, owner_id, platform: "web", source, status, url, sha256: "", created_at };
  });
  await sql`insert into images ${sql(images)}`;
  return images.map(({ image_id }) => image_id);
}

/** Inserts 20,000 images, one a minute; every 1,000th has a rare tag and an unusual caption, one in 20 another tag. */
function insertMany(sql: Sql, owner_id: string, start: number) {
  return sql`
    insert into images (image_id, owner_id, platform, platform_ref, source, status, url, sha256,
                        source_sha256, filename, caption, tags, created_at)
    select (lpad(to_hex(${start}::bigint + n * 60000), 12, '0') || '7000'
             || substr(md5(${owner_id} || n), 1, 16))::uuid,
           ${owner_id}, case n % 20 when 0 then 'discord' else 'web' end, n, '{}', 'published', '', '',
           'source ' || n, 'IMG_' || n || '.png',
           case n % 1000 when 0 then 'an unusual ship' else 'a common wolf' end,
           case when n % 1000 = 0 then array['sea', 'rare'] when n % 20 = 1 then array['sea', 'north'] else array['sea'] end,
           to_timestamp(${start} / 1000.0) + n * interval '1 minute'
    from generate_series(1, 20000) n
  `;
}
