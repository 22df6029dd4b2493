import { createClient } from "@keepsake/client";
import { describe, expect } from "vitest";
import { type Fault, faultyFetchOf, respondsWith } from "../support/faultyFetch.ts";
import { insertImages } from "../support/insertImages.ts";
import { type Owner, type TestStack, testWithoutConsumers as test } from "../support/stack.ts";

const refused = JSON.stringify({ error: { code: "server.failed", message: "try again" } });

describe("client.putDatasetItems", () => {
  test("puts more items than fit one request, in their order", async ({ stack, owner }) => {
    const { client, sent, dataset_id, images } = await emptyDataset(stack, owner, 450);
    const put = await client.putDatasetItems({
      dataset_id,
      items: images.map((image_id, index) => ({ image_id, caption: `Picture ${index}` })),
    });
    expect(sent()).toBe(3);
    expect(put.dataset.item_count).toBe(450);
    expect(put.items).toEqual(images.map((image_id, n) => ({ image_id, position: n + 1 })));
    expect(await itemsOf(owner, dataset_id)).toEqual(images);
  });

  test("moves more items than fit one request behind one of them, or to the beginning", async ({
    stack,
    owner,
  }) => {
    const { client, dataset_id, images } = await emptyDataset(stack, owner, 421);
    const itemsOfIds = (ids: string[]) => ids.map((image_id) => ({ image_id }));
    await client.putDatasetItems({ dataset_id, items: itemsOfIds(images) });
    const [first, ...others] = images;
    const items = itemsOfIds(others.toReversed());
    await client.putDatasetItems({ dataset_id, items, after: first! });
    expect(await itemsOf(owner, dataset_id)).toEqual([first, ...others.toReversed()]);

    await client.putDatasetItems({ dataset_id, items: itemsOfIds(others), after: null });
    expect(await itemsOf(owner, dataset_id)).toEqual([...others, first]);
  });

  test("answers the dataset when there is nothing to put", async ({ stack, owner }) => {
    const { client, sent, dataset_id } = await emptyDataset(stack, owner, 0);
    const put = await client.putDatasetItems({ dataset_id, items: [], after: null });
    expect(put).toEqual({ ...(await owner.client.getDataset({ dataset_id })), items: [] });
    expect(sent()).toBe(0);
  });

  test("that failed in the middle is finished by the same call", async ({ stack, owner }) => {
    const { client, dataset_id, images } = await emptyDataset(
      stack,
      owner,
      401,
      undefined,
      respondsWith(500, refused),
    );
    const put = () =>
      client.putDatasetItems({
        dataset_id,
        items: images.toReversed().map((image_id) => ({ image_id })),
        after: null,
      });
    await expect(put()).rejects.toMatchObject({ code: "server.failed" });
    expect(await itemsOf(owner, dataset_id)).toEqual(images.toReversed().slice(0, 200));
    await put();
    expect(await itemsOf(owner, dataset_id)).toEqual(images.toReversed());
  });
});

/** A dataset, images to put into it, and a client whose requests that put items have these faults. */
async function emptyDataset(
  stack: TestStack,
  { sub, client: { createDataset } }: Owner,
  count: number,
  ...faults: (Fault | undefined)[]
) {
  const images = await insertImages(stack, { sub }, Array(count).fill({}));
  const { dataset } = await createDataset({ name: "Cats" });
  const { fetch, sent } = faultyFetchOf(/\/items$/, ...faults);
  const client = createClient({ baseUrl: stack.api, token: () => stack.issuer.sign(sub), fetch });
  return { client, sent, dataset_id: dataset.dataset_id, images };
}

/** The ids of all images of a dataset, in order. */
async function itemsOf({ client }: Owner, dataset_id: string): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await client.listDatasetItems({ dataset_id, ...(cursor && { cursor }) });
    ids.push(...page.items.map(({ image }) => image.image_id));
    if (page.next_cursor === null) return ids;
    cursor = page.next_cursor;
  }
}
