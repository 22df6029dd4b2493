import { setTimeout as sleep } from "node:timers/promises";
import { v7 as uuidv7 } from "uuid";
import { describe, expect } from "vitest";
import { insertImages } from "../support/insertImages.ts";
import { testWithoutConsumers as test } from "../support/stack.ts";

describe("erasing an owner while another request deletes one of its images", () => {
  test("waits for the image, and locks neither items nor exports before: the deletion takes them next", async ({
    stack,
    owner,
  }) => {
    const { client, sub } = owner;
    const ids = await insertImages(stack, owner, Array(3).fill({}));
    const { dataset_id } = (await client.createDataset({ name: "Harbours" })).dataset;
    const items = ids.map((image_id) => ({ image_id, control_image_id: ids[0]! }));
    await client.putDatasetItems({ dataset_id, items });
    await stack.sql`
      insert into exports (export_id, dataset_id, owner_id, layout, options, name, status, items, files, warnings,
                           content_sha256)
      select id, ${dataset_id}, ${`user:${sub}`}, 'pairs', '{}', 'Harbours', 'ready', 3, 1, '[]', ''
      from unnest(${[uuidv7(), uuidv7()]}::uuid[]) id
    `;
    const [{ name }] = await stack.sql<[{ name: string }]>`select current_database() as name`;
    const { erasing } = await stack.sql.begin(async (tx) => {
      await tx`select 1 from images where image_id = ${ids[2]!} for update`;
      const erasing = client.eraseOwner();
      for (;;) {
        const [waiting] = await stack.sql`
          select 1 from pg_stat_activity where datname = ${name} and wait_event_type = 'Lock'
        `;
        if (waiting) break;
        await sleep(5);
      }
      const free = await tx`
        select image_id from dataset_items where dataset_id = ${dataset_id} for update skip locked
      `;
      expect(free).toHaveLength(3);
      const freeExports = await tx`
        select 1 from exports where dataset_id = ${dataset_id} for update skip locked
      `;
      expect(freeExports).toHaveLength(2);
      await tx`delete from images where image_id = ${ids[2]!}`;
      return { erasing };
    });
    expect((await erasing).erasure.erasure_id).toBeTypeOf("string");
    expect(
      await stack.sql`
        select 1 from datasets where dataset_id = ${dataset_id}
        union all select 1 from exports where owner_id = ${`user:${sub}`}
        union all select 1 from images where owner_id = ${`user:${sub}`}
      `,
    ).toHaveLength(0);
  });
});
