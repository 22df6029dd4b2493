import type { Client } from "@keepsake/client";
import * as imagePages from "@keepsake/core/images/imagePages.sql";
import type { Sql } from "postgres";
import { describe, expect } from "vitest";
import { insertImages } from "../support/insertImages.ts";
import { rowsReadBy } from "../support/rowsReadBy.ts";
import { newOwner, request, testWithoutConsumers as test } from "../support/stack.ts";

type Filter = NonNullable<Parameters<Client["listImages"]>[0]>;

describe("the list of images", () => {
  test("has the public or the private ones, the oldest first too, with every other filter, page by page", async ({
    stack,
    owner,
    task,
  }) => {
    const { client, sub } = owner;
    const telegram = { owner_id: "telegram:7801" };
    const isPrivate = { visibility: "private" as const };
    const of = [{}, isPrivate, telegram, { ...telegram, ...isPrivate }, {}, isPrivate, isPrivate];
    const ids = await insertImages(stack, owner, of);
    await insertImages(stack, newOwner(stack), [{}, isPrivate]);
    await stack.sql`insert into telegram_accounts values (7801, ${`user:${sub}`})`;
    await stack.sql`
      update images set platform = 'telegram', platform_ref = image_id::text
      where owner_id = 'telegram:7801' and image_id in ${stack.sql(ids)}
    `;
    await stack.sql`
      update images set tags = '{sea}', caption = 'waves'
      where image_id in ${stack.sql([1, 2, 3, 4, 6].map((n) => ids[n]!))}
    `;
    const cases: [Filter, number[]][] = [
      [{}, [0, 1, 2, 3, 4, 5, 6]],
      [{ visibility: "public" }, [0, 2, 4]],
      [{ visibility: "private" }, [1, 3, 5, 6]],
      [{ platform: "telegram" }, [2, 3]],
      [{ platform: "web", visibility: "private" }, [1, 5, 6]],
      [{ platform: "telegram", visibility: "private" }, [3]],
      [{ platform: "discord", visibility: "private" }, []],
      [{ tag: "sea" }, [1, 2, 3, 4, 6]],
      [{ tag: "sea", visibility: "private" }, [1, 3, 6]],
      [{ q: "wav", visibility: "public" }, [2, 4]],
      [{ tag: "sea", q: "wav", platform: "web", visibility: "private" }, [1, 6]],
      [{ visibility: "private", before: "2000-01-01T00:00:00Z" }, []],
      [{ visibility: "private", after: "2000-01-01T00:00:00Z" }, [1, 3, 5, 6]],
    ];
    task.meta.cases = cases.length;
    const numbers = async (filter: Filter) =>
      (await pages(client, filter)).map((image_id) => ids.indexOf(image_id));
    for (const [filter, found] of cases) {
      expect([filter, await numbers({ ...filter, order: "oldest" })]).toEqual([filter, found]);
      const newest = found.toReversed();
      expect([filter, await numbers(filter)]).toEqual([filter, newest]);
      expect([filter, await numbers({ ...filter, order: "newest" })]).toEqual([filter, newest]);
    }
  });

  test("rejects a cursor of another visibility or order, and takes those of the release before it", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    await insertImages(stack, owner, [{}, {}, {}]);
    const first = async (filter: Filter) =>
      (await client.listImages({ ...filter, limit: 1 })).next_cursor!;
    const next = (filter: Filter, cursor: string) => client.listImages({ ...filter, cursor });
    const lists: Filter[] = [
      {},
      { order: "oldest" },
      { visibility: "public" },
      { visibility: "public", order: "oldest" },
    ];
    for (const from of lists)
      for (const to of lists) {
        const paged = next(to, await first(from));
        if (from === to) expect((await paged).images).toHaveLength(2);
        else await expect(paged).rejects.toMatchObject({ code: "input.invalid" });
      }
    expect((await next({ order: "newest" }, await first({}))).images).toHaveLength(2);
  });

  test("rejects a visibility and an order that are none", async ({ stack, owner: { sub } }) => {
    for (const query of ["visibility=secret", "visibility=", "order=random", "order="]) {
      const { status, body } = await request(stack, "GET", `/images?${query}`, { sub });
      expect([query, status, body.error?.code]).toEqual([query, 422, "input.invalid"]);
    }
  });
});

test("a page is read from an index alone, in each order, also of what few of an owner's images are", async ({
  stack: { sql },
  owner,
  task,
}) => {
  // everything that is frequent among other owners is rare for this one
  await insertMany(sql, `user:${owner.sub}`, { platform: "telegram", visibility: "private" });
  for (const other of ["a crowd", "another crowd"])
    await insertMany(sql, `user:${other}`, { platform: "web", visibility: "public" });
  await sql`vacuum analyze images`;
  const day = (number: number) => new Date(start + number * 86_400_000);
  const cases: [imagePages.Filter, number][] = [
    [{}, 51],
    [{ visibility: "public" }, 5 * 51],
    [{ visibility: "private" }, 5 * 51],
    [{ platform: "web" }, 2 * 51],
    [{ platform: "telegram" }, 2 * 51],
    [{ platform: "web", visibility: "public" }, 51],
    [{ platform: "telegram", visibility: "private" }, 51],
    [{ platform: "telegram", visibility: "private", before: day(3), after: day(2) }, 1_442],
    [{ platform: "telegram", visibility: "private", before: day(3) }, 1_442],
  ];
  task.meta.cases = 2 * cases.length;
  for (const order of ["newest", "oldest"] as const)
    for (const [filter, limit] of cases) {
      const page = imagePages.page(sql, `user:${owner.sub}`, { limit: 51, order, ...filter });
      const read = await rowsReadBy(sql, "images", page);
      const index = Object.keys(filter).length > 0 ? "images_by_visibility" : "images_by_owner";
      expect([order, filter, Object.keys(read)]).toEqual([order, filter, [index]]);
      expect(read[index], JSON.stringify([order, filter])).toBeLessThanOrEqual(limit);
    }
});

/** The ids of all pages of a list. */
async function pages(client: Client, filter: Filter): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.listImages({ ...filter, limit: 2, ...(cursor && { cursor }) });
    ids.push(...page.images.map(({ image_id }) => image_id));
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  return ids;
}

const start = Date.UTC(2026, 0, 1);

/** Inserts 20,000 images of one kind, one a minute, of which three are the opposite. */
function insertMany(
  sql: Sql,
  owner_id: string,
  frequent: { platform: string; visibility: string },
) {
  const rare =
    frequent.platform === "web"
      ? { platform: "telegram", visibility: "private" }
      : { platform: "web", visibility: "public" };
  return sql`
    insert into images (image_id, owner_id, platform, platform_ref, visibility, source, status, key, url,
                        sha256, created_at)
    select (lpad(to_hex(${start}::bigint + n * 60000), 12, '0') || '7000'
             || substr(md5(${owner_id} || n), 1, 16))::uuid,
           ${owner_id}, case when n in (1, 9000, 19000) then ${rare.platform} else ${frequent.platform} end,
           ${owner_id} || n, case when n in (1, 9000, 19000) then ${rare.visibility} else ${frequent.visibility} end,
           '{}', 'published', '', '', '', to_timestamp(${start} / 1000.0) + n * interval '1 minute'
    from generate_series(1, 20000) n
  `;
}
