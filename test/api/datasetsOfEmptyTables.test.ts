import { findPlaces, findToCheck } from "@keepsake/core/datasets/datasetItems.sql";
import { expect } from "vitest";
import { insertImages } from "../support/insertImages.ts";
import { rowsReadBy } from "../support/rowsReadBy.ts";
import { testWithoutConsumers as test } from "../support/stack.ts";

test("a dataset's images are read by their ids, also while Postgres takes the tables for empty", async ({
  stack: { sql },
  stack,
  owner,
}) => {
  for (const table of ["images", "dataset_items"]) {
    await sql`alter table ${sql(table)} set (autovacuum_enabled = false)`;
    await sql`vacuum analyze ${sql(table)}`;
  }
  const ids = await insertImages(stack, owner, Array(300).fill({}));
  const { dataset_id } = (await owner.client.createDataset({ name: "Many" })).dataset;
  await sql`
    insert into dataset_items (dataset_id, image_id, position, control_image_id)
    select ${dataset_id}, image_id, place, ${ids[0]!}
    from unnest(${ids}::uuid[]) with ordinality as item (image_id, place)
  `;

  const owner_id = `user:${owner.sub}`;
  for (const query of [
    findToCheck(sql, owner_id, dataset_id),
    findPlaces(sql, owner_id, dataset_id, ids),
  ])
    expect(await rowsReadBy(sql, "images", query)).toEqual({ images_pkey: 2 * ids.length });
  expect((await owner.client.getDataset({ dataset_id })).dataset.item_count).toBe(ids.length);
});
