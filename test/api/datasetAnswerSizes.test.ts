import { limits } from "@keepsake/contract/limits";
import { describe, expect } from "vitest";
import { insertImages } from "../support/insertImages.ts";
import {
  type Owner,
  request,
  type TestStack,
  testWithoutConsumers as test,
} from "../support/stack.ts";

/** Lambda's limit is 6 MB. The body is a string in what a function returns, so it is escaped a second time there. */
const maxBytes = 5_500_000;
const bytesOf = (body: unknown) =>
  Buffer.byteLength(JSON.stringify({ body: JSON.stringify(body) }));

/** A character that takes 6 bytes in JSON, and 7 once that is escaped again: no other takes more. */
const widest = "\u0001";

describe("the answer of a request with", () => {
  test("a page of 100 items fits Lambda's response with the longest texts, names and URLs", async ({
    stack,
    owner,
  }) => {
    const { headers, dataset_id, images } = await setOfWidestImages(stack, owner, 100);
    for (const character of ["€", widest]) {
      await stack.sql`
        update dataset_items set caption = ${character.repeat(limits.dataset_caption_chars)}
        where dataset_id = ${dataset_id}
      `;
      const path = `/datasets/${dataset_id}/items?limit=100`;
      const { status, body } = await request(stack, "GET", path, { headers });
      expect(status).toBe(200);
      expect(body.items).toHaveLength(100);
      expect(body.items[0]).toMatchObject({
        image: { image_id: images[0], variants: [{}, {}] },
        control_image: { variants: [{}, {}] },
      });
      expect(bytesOf(body)).toBeLessThan(maxBytes);
    }
  });

  test("200 put items fits Lambda's response, whatever captions they have", async ({
    stack,
    owner,
  }) => {
    const { headers, dataset_id, images, controls } = await setOfWidestImages(stack, owner, 200);
    const caption = "é".repeat(limits.dataset_caption_chars);
    const items = images.map((image_id, n) => ({
      ...{ image_id, caption, control_image_id: controls[n]! },
    }));
    const { status, body } = await request(stack, "PUT", `/datasets/${dataset_id}/items`, {
      headers,
      body: { items, after: null },
    });
    expect(status).toBe(200);
    expect(body.items).toHaveLength(200);
    expect(bytesOf(body)).toBeLessThan(100_000);
  });

  test("a page of 100 datasets fits Lambda's response with the longest names", async ({
    stack,
    owner,
  }) => {
    const { headers, images } = await setOfWidestImages(stack, owner, 1);
    const name = "€".repeat(limits.dataset_name_chars);
    await stack.sql`
      with made as (
        insert into datasets (dataset_id, owner_id, name, trigger_word)
        select gen_random_uuid(), ${`user:${owner.sub}`}, ${name}, ${"€".repeat(50)}
        from generate_series(1, 100)
        returning dataset_id
      )
      insert into dataset_items (dataset_id, image_id, position)
      select dataset_id, ${images[0]!}, 1 from made
    `;
    const { status, body } = await request(stack, "GET", "/datasets?limit=100", { headers });
    expect(status).toBe(200);
    expect(body.datasets).toHaveLength(100);
    expect(bytesOf(body)).toBeLessThan(1_000_000);
  });
});

/** A dataset of private images with control images, each with the longest texts that an image may have. */
async function setOfWidestImages(stack: TestStack, { sub, client }: Owner, count: number) {
  const all = await insertImages(
    stack,
    { sub },
    Array.from({ length: 2 * count }, () => ({
      visibility: "private" as const,
      filename: widest.repeat(limits.filename_chars),
    })),
  );
  const tags = Array.from({ length: limits.tags_per_image }, (_, n) =>
    String.fromCodePoint(n + 1).repeat(limits.tag_chars),
  );
  const variants = [
    { width: 320, height: 320 },
    { width: 960, height: 960 },
  ];
  await stack.sql`
    update images
    set caption = ${widest.repeat(limits.caption_chars)}, alt = ${widest.repeat(limits.alt_chars)},
        tags = array(select jsonb_array_elements_text(${stack.sql.json(tags)})),
        variants = ${stack.sql.json(variants)}, thumbhash = ${"/".repeat(40)},
        warnings = '["animation_dropped"]', bytes = 20000000, width = 12000, height = 12000
    where owner_id = ${`user:${sub}`}
  `;
  const [images, controls] = [all.slice(0, count), all.slice(count)];
  const { dataset_id } = (await client.createDataset({ name: "Harbours" })).dataset;
  const items = images.map((image_id, n) => ({ image_id, control_image_id: controls[n]! }));
  await client.putDatasetItems({ dataset_id, items });
  const headers = { authorization: `Bearer ${await stack.issuer.sign(sub)}` };
  return { headers, dataset_id, images, controls };
}
