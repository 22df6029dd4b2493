import { limits } from "@keepsake/contract/limits";
import { describe, expect } from "vitest";
import { insertImages } from "../support/insertImages.ts";
import type { TestStack } from "../support/stack.ts";
import { newOwner, type Owner, request, testWithoutConsumers as test } from "../support/stack.ts";

const notPublished = { code: "image.not_published" };

describe("putting images into a dataset", () => {
  test("adds them in the order sent, with their captions and control images", async ({
    stack,
    owner,
  }) => {
    const { client, dataset_id, ids } = await setOf(stack, owner, 0, 4);
    const [a, b, c, control] = ids as [string, string, string, string];
    const put = await client.putDatasetItems({
      dataset_id,
      items: [
        { image_id: c, caption: "Third", control_image_id: control },
        { image_id: a },
        { image_id: b, caption: "" },
      ],
    });
    expect(put.dataset).toMatchObject({ dataset_id, item_count: 3, bytes: 300_000 });
    expect(put.items).toEqual([
      { image_id: c, position: 1 },
      { image_id: a, position: 2 },
      { image_id: b, position: 3 },
    ]);
    const imageOf = async (image_id: string) => {
      const { image } = await client.getImage({ image_id });
      const { alt: _, caption: __, tags: ___, ...shown } = image;
      return shown;
    };
    expect(await client.listDatasetItems({ dataset_id })).toEqual({
      items: [
        {
          image: await imageOf(c),
          position: 1,
          caption: "Third",
          control_image: await imageOf(control),
        },
        { image: await imageOf(a), position: 2, caption: null, control_image: null },
        { image: await imageOf(b), position: 3, caption: null, control_image: null },
      ],
      next_cursor: null,
    });
    expect((await client.getDataset({ dataset_id })).dataset).toEqual(put.dataset);
  });

  test("again changes only what is sent, and keeps their places", async ({ stack, owner }) => {
    const { client, dataset_id, ids } = await setOf(stack, owner, 3, 2);
    const [a, b, c, first, second] = ids as [string, string, string, string, string];
    const put = (items: Parameters<typeof client.putDatasetItems>[0]["items"]) =>
      client.putDatasetItems({ dataset_id, items });
    await put([{ image_id: b, caption: "Two", control_image_id: first }]);
    await put([{ image_id: b }, { image_id: a, caption: "One" }]);
    expect(await textsOf(owner, dataset_id)).toEqual([
      [a, "One", null],
      [b, "Two", first],
      [c, null, null],
    ]);
    const { items } = await put([
      { image_id: c, caption: "Three" },
      { image_id: b, control_image_id: second },
    ]);
    expect(items.map(({ position }) => position)).toEqual([2, 3]);
    await put([{ image_id: a, caption: null }]);
    expect(await textsOf(owner, dataset_id)).toEqual([
      [a, null, null],
      [b, "Two", second],
      [c, "Three", null],
    ]);
    await put([{ image_id: b, caption: "", control_image_id: null }]);
    expect((await textsOf(owner, dataset_id))[1]).toEqual([b, null, null]);
  });

  test("with `after` moves them behind an image or to the beginning, in the order sent", async ({
    stack,
    owner,
  }) => {
    const { client, dataset_id, ids } = await setOf(stack, owner, 5, 1);
    const [a, b, c, d, e, added] = ids as [string, string, string, string, string, string];
    const move = async (after: string | null, ...image_ids: string[]) => {
      const items = image_ids.map((image_id) => ({ image_id }));
      const put = await client.putDatasetItems({ dataset_id, items, after });
      expect(put.items.map(({ image_id }) => image_id)).toEqual(image_ids);
      return orderOf(owner, dataset_id);
    };
    expect(await move(null, d)).toEqual([d, a, b, c, e]);
    expect(await move(c, a, d)).toEqual([b, c, a, d, e]);
    expect(await move(e, b, added)).toEqual([c, a, d, e, b, added]);
    expect(await move(b.toUpperCase(), e)).toEqual([c, a, d, b, e, added]);
    expect(await move(null, added, e, c, b, d, a)).toEqual([added, e, c, b, d, a]);
  });

  test("behind an image that is not in the dataset is refused, and changes nothing", async ({
    stack,
    owner,
  }) => {
    const { client, dataset_id, ids } = await setOf(stack, owner, 2, 1);
    const [a, b, outside] = ids as [string, string, string];
    const items = [{ image_id: a, caption: "Moved" }];
    await expect(
      client.putDatasetItems({ dataset_id, items, after: outside }),
    ).rejects.toMatchObject({ code: "item.not_found" });
    expect(await textsOf(owner, dataset_id)).toEqual([
      [a, null, null],
      [b, null, null],
    ]);
  });

  test("names each image once", async ({ stack, owner }) => {
    const { client, dataset_id, ids } = await setOf(stack, owner, 1, 1);
    const [a, b] = ids as [string, string];
    const twice = [{ image_id: b }, { image_id: a }, { image_id: b.toUpperCase() }];
    await expect(client.putDatasetItems({ dataset_id, items: twice })).rejects.toMatchObject({
      code: "input.invalid",
      details: { issues: [{ path: "items[2].image_id" }] },
    });
    await expect(
      client.putDatasetItems({ dataset_id, items: [{ image_id: a }], after: a }),
    ).rejects.toMatchObject({ code: "input.invalid", details: { issues: [{ path: "after" }] } });
    expect(await orderOf(owner, dataset_id)).toEqual([a]);
  });

  test("takes published images of their owner only, as items and as control images", async ({
    stack,
    owner,
  }) => {
    const { client, dataset_id, ids } = await setOf(stack, owner, 1, 1);
    const [a, own] = ids as [string, string];
    const [theirs] = (await insertImages(stack, newOwner(stack), [{}])) as [string];
    const [pending] = (await insertImages(stack, owner, [{}])) as [string];
    await stack.sql`update images set status = 'pending' where image_id = ${pending}`;
    for (const image_id of [theirs, pending, dataset_id]) {
      const added = [{ image_id: own }, { image_id }];
      const controlled = [{ image_id: own, control_image_id: image_id }];
      for (const items of [added, controlled])
        await expect(client.putDatasetItems({ dataset_id, items })).rejects.toMatchObject({
          ...notPublished,
          details: { image_ids: [image_id] },
        });
    }
    expect(await orderOf(owner, dataset_id)).toEqual([a]);
  });

  test("takes images of a linked Telegram account, which leave when it is unlinked", async ({
    stack,
    owner,
  }) => {
    const { client, dataset_id, ids } = await setOf(stack, owner, 2, 0);
    const [a, b] = ids as [string, string];
    const telegram = { owner_id: "telegram:7301", visibility: "private" as const };
    const [theirs, control] = (await insertImages(stack, owner, [telegram, telegram])) as [
      string,
      string,
    ];
    await stack.sql`insert into telegram_accounts values (7301, ${`user:${owner.sub}`})`;
    const items = [{ image_id: theirs }, { image_id: a, control_image_id: control }];
    await client.putDatasetItems({ dataset_id, items, after: null });
    expect(await textsOf(owner, dataset_id)).toEqual([
      [theirs, null, null],
      [a, null, control],
      [b, null, null],
    ]);
    await stack.sql`delete from telegram_accounts where telegram_user_id = 7301`;
    const { dataset } = await client.getDataset({ dataset_id });
    expect(dataset).toMatchObject({ item_count: 2, bytes: 200_000, cover: { image_id: a } });
    expect(await textsOf(owner, dataset_id)).toEqual([
      [a, null, null],
      [b, null, null],
    ]);
    await client.putDatasetItems({ dataset_id, items: [{ image_id: b, caption: "B" }] });
    const left = await stack.sql`
      select image_id from dataset_items where dataset_id = ${dataset_id} order by position
    `;
    expect(left.map(({ image_id }) => image_id)).toEqual([a, b]);
  });

  test.for<[string, object]>([
    ["no items", { items: [] }],
    ["201 items", { items: Array(201).fill({ image_id: "019a8b2f-0c5e-7d94-a1b7-0e2f84c6d913" }) }],
    ["an item without an image", { items: [{ caption: "x" }] }],
    ["an image that is no UUID", { items: [{ image_id: "1" }] }],
    [
      "a caption of 4,001 characters",
      { items: [{ image_id: "019a8b2f-0c5e-7d94-a1b7-0e2f84c6d913", caption: "x".repeat(4_001) }] },
    ],
    [
      "an unknown field",
      { items: [{ image_id: "019a8b2f-0c5e-7d94-a1b7-0e2f84c6d913", position: 2 }] },
    ],
  ])("%s are refused", async ([, body], { stack, owner }) => {
    const { dataset_id } = await setOf(stack, owner, 0, 0);
    const { sub } = owner;
    const answer = await request(stack, "PUT", `/datasets/${dataset_id}/items`, { sub, body });
    expect([answer.status, answer.body.error.code]).toEqual([422, "input.invalid"]);
  });
});

describe("a dataset of 1,000 images", () => {
  test("is read in pages, in which an image moves from its beginning to its end", async ({
    stack,
    owner,
  }) => {
    const { client, dataset_id, ids } = await setOf(stack, owner, limits.dataset_items, 0);
    expect(await orderOf(owner, dataset_id)).toEqual(ids); // ten pages

    const items = [{ image_id: ids[0]! }];
    await client.putDatasetItems({ dataset_id, items, after: ids.at(-1)! });
    expect(await orderOf(owner, dataset_id)).toEqual([...ids.slice(1), ids[0]]);
  });

  test("is full", async ({ stack, owner }) => {
    const { client, dataset_id, ids } = await setOf(stack, owner, 999, 2);
    const [last, other] = ids.slice(-2) as [string, string];
    await expect(
      client.putDatasetItems({ dataset_id, items: [{ image_id: last }, { image_id: other }] }),
    ).rejects.toMatchObject({ code: "dataset.full" });
    await client.putDatasetItems({ dataset_id, items: [{ image_id: last }] });
    const again = [{ image_id: last, caption: "The last" }];
    expect((await client.putDatasetItems({ dataset_id, items: again })).items).toEqual([
      { image_id: last, position: 1_000 },
    ]);
    expect((await textsOf(owner, dataset_id)).at(-1)).toEqual([last, "The last", null]);
    await client.deleteDatasetItem({ dataset_id, image_id: ids[0]! });
    await client.putDatasetItems({ dataset_id, items: [{ image_id: other }] });
    expect((await client.getDataset({ dataset_id })).dataset.item_count).toBe(1_000);
  });

  test("never gets more when requests meet, and none of them is lost", async ({ stack, owner }) => {
    const { client, dataset_id, ids } = await setOf(stack, owner, 900, 200);
    const added = ids.slice(900);
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, (_, batch) =>
        client.putDatasetItems({
          dataset_id,
          items: added.slice(batch * 20, batch * 20 + 20).map((image_id) => ({ image_id })),
          ...(batch % 2 && { after: null }),
        }),
      ),
    );
    const refused = results.filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(5);
    for (const { reason } of refused as PromiseRejectedResult[])
      expect(reason).toMatchObject({ code: "dataset.full" });
    const order = await orderOf(owner, dataset_id);
    const put = results.flatMap(({ status }, batch) =>
      status === "fulfilled" ? added.slice(batch * 20, batch * 20 + 20) : [],
    );
    expect(order.toSorted()).toEqual([...ids.slice(0, 900), ...put].toSorted());
  });
});

describe("images of a dataset", () => {
  test("keep positions from 1 without gaps when some are taken out while others are moved", async ({
    stack,
    owner,
  }) => {
    const { client, dataset_id, ids } = await setOf(stack, owner, 40, 20);
    const gone = ids.slice(0, 10);
    const deleted = ids.slice(10, 20);
    await Promise.all([
      ...gone.map((image_id) => client.deleteDatasetItem({ dataset_id, image_id })),
      ...deleted.map((image_id) => client.deleteImage({ image_id, force: true })),
      ...ids.slice(40).map((image_id, index) =>
        client.putDatasetItems({
          dataset_id,
          items: [{ image_id }, { image_id: ids[20 + index]!, caption: `Moved ${index}` }],
          after: null,
        }),
      ),
    ]);
    const order = await orderOf(owner, dataset_id);
    expect(order.toSorted()).toEqual(ids.slice(20).toSorted());
    expect((await client.getDataset({ dataset_id })).dataset.item_count).toBe(40);
  });

  test("are taken out and stay images, and that may be repeated", async ({ stack, owner }) => {
    const { client, dataset_id, ids } = await setOf(stack, owner, 3, 0);
    const image_id = ids[1]!;
    for (let time = 0; time < 2; time += 1)
      expect(await client.deleteDatasetItem({ dataset_id, image_id })).toBeUndefined();
    expect(await orderOf(owner, dataset_id)).toEqual([ids[0], ids[2]]);
    expect((await client.getImage({ image_id })).image.status).toBe("published");
  });

  test("have cursors of their own dataset, which pass items that were taken out", async ({
    stack,
    owner,
  }) => {
    const { client, dataset_id, ids } = await setOf(stack, owner, 4, 0);
    const other = await setOf(stack, owner, 3, 0);
    const { next_cursor } = await client.listDatasetItems({ dataset_id, limit: 2 });
    const cursor = next_cursor!;
    await expect(
      client.listDatasetItems({ dataset_id: other.dataset_id, cursor }),
    ).rejects.toMatchObject({ code: "input.invalid" });
    await client.deleteDatasetItem({ dataset_id, image_id: ids[1]! });
    const { items } = await client.listDatasetItems({ dataset_id, cursor });
    expect(items.map(({ image, position }) => [image.image_id, position])).toEqual([
      [ids[2], 2],
      [ids[3], 3],
    ]);
  });
});

/** A dataset of `inside` new images, and `outside` more images of the owner's. */
async function setOf(stack: TestStack, owner: Owner, inside: number, outside: number) {
  const { client } = owner;
  const ids = await insertImages(stack, owner, Array(inside + outside).fill({}));
  const { dataset_id } = (await client.createDataset({ name: "Harbours" })).dataset;
  for (let from = 0; from < inside; from += 200) {
    const items = ids.slice(from, Math.min(from + 200, inside)).map((image_id) => ({ image_id }));
    await client.putDatasetItems({ dataset_id, items });
  }
  return { client, dataset_id, ids };
}

/** The images of a dataset in their order, with their caption and control image. */
async function textsOf({ client }: Owner, dataset_id: string) {
  const rows: [string, string | null, string | null][] = [];
  let cursor: string | undefined;
  do {
    const page = await client.listDatasetItems({
      dataset_id,
      limit: 100,
      ...(cursor && { cursor }),
    });
    for (const { image, caption, control_image, position } of page.items) {
      expect(rows.push([image.image_id, caption, control_image?.image_id ?? null])).toBe(position);
    }
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  return rows;
}

const orderOf = async (owner: Owner, dataset_id: string) =>
  (await textsOf(owner, dataset_id)).map(([image_id]) => image_id);
