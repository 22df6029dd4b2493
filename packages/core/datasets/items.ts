import type { Input, Output } from "@keepsake/contract/api";
import { idInCursor, pageOf } from "../pageOfRows.ts";
import type { Services } from "../ports.ts";
import * as rows from "./datasetItems.sql.ts";
import { datasetNotFound } from "./datasetNotFound.ts";
import * as datasets from "./datasets.sql.ts";
import { presentItems, type Reader } from "./presentDatasets.ts";

type Owned = { owner_id: string };

/** The items of a dataset in their order. */
export async function list(
  services: Reader,
  { owner_id, dataset_id, limit, cursor }: Input<"listDatasetItems"> & Owned,
): Promise<Output<"listDatasetItems">> {
  const { sql } = services;
  if (!(await datasets.isOwn(sql, owner_id, dataset_id))) throw datasetNotFound();
  const list = { name: "dataset items", owner_id, filters: [dataset_id.toLowerCase()] };
  const after = cursor === undefined ? undefined : positionOf(idInCursor(cursor, list));
  const items = await rows.page(sql, owner_id, dataset_id, { limit: limit + 1, after });
  const { page, next_cursor } = pageOf(items, limit, list, ({ position }) => asId(position));
  return { items: await presentItems(services, owner_id, page), next_cursor };
}

/** Takes an image out of a dataset, if it is in it. */
export async function remove(
  { sql }: Pick<Services, "sql">,
  { owner_id, dataset_id, image_id }: Input<"deleteDatasetItem"> & Owned,
): Promise<Output<"deleteDatasetItem">> {
  await sql.begin(async (tx) => {
    if (!(await datasets.lockToChange(tx, owner_id, dataset_id))) throw datasetNotFound();
    await rows.remove(tx, dataset_id, [image_id]);
  });
}

/** A position in the form of the ids that cursors hold. */
const asId = (position: number) =>
  `00000000-0000-0000-0000-${position.toString(16).padStart(12, "0")}`;
const positionOf = (id: string) => Number.parseInt(id.replaceAll("-", ""), 16);
