import type { Input, Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import { newId } from "../newId.ts";
import { idInCursor, pageOf } from "../pageOfRows.ts";
import type { Services } from "../ports.ts";
import { claimIdempotencyKey, type Idempotency } from "../requests/claimIdempotencyKey.ts";
import * as itemRows from "./datasetItems.sql.ts";
import { datasetNotFound } from "./datasetNotFound.ts";
import * as rows from "./datasets.sql.ts";
import { findDataset, presentDatasets, type Reader } from "./presentDatasets.ts";

type Owned = { owner_id: string };
type Repeatable = { idempotency?: Idempotency | undefined };

/** Creates a dataset; `dataset.too_many` when its owner has as many as one may have. */
export async function create(
  services: Reader,
  { owner_id, idempotency, ...input }: Input<"createDataset"> & Owned & Repeatable,
): Promise<Output<"createDataset">> {
  const { name, trigger_word = null } = input;
  const made = { dataset_id: newId() };
  const dataset_id = await services.sql.begin(async (tx) => {
    const request = { owner_id, route: "createDataset" as const, made: { result: made } };
    const first = idempotency && (await claimIdempotencyKey(tx, { ...request, idempotency }));
    if (first) return first.result.dataset_id;
    if (!(await rows.insert(tx, { ...made, owner_id, name, trigger_word }, limits.datasets)))
      throw new AppError(
        "dataset.too_many",
        `You have ${limits.datasets} datasets, as many as you may have: delete one first`,
      );
    return made.dataset_id;
  });
  return get(services, { owner_id, dataset_id });
}

export async function get(
  services: Reader,
  { owner_id, dataset_id }: Input<"getDataset"> & Owned,
): Promise<Output<"getDataset">> {
  const dataset = await findDataset(services, owner_id, dataset_id);
  if (!dataset) throw datasetNotFound();
  return { dataset };
}

export async function list(
  services: Reader,
  { owner_id, limit, cursor }: Input<"listDatasets"> & Owned,
): Promise<Output<"listDatasets">> {
  const list = { name: "datasets", owner_id };
  const after = cursor && idInCursor(cursor, list);
  const datasets = await rows.page(services.sql, owner_id, { limit: limit + 1, cursor: after });
  const { page, next_cursor } = pageOf(datasets, limit, list, ({ dataset_id }) => dataset_id);
  return { datasets: await presentDatasets(services, owner_id, page), next_cursor };
}

/** Changes a dataset. Fields that are undefined stay; null clears. */
export async function update(
  services: Reader,
  { owner_id, dataset_id, name, trigger_word }: Input<"updateDataset"> & Owned,
): Promise<Output<"updateDataset">> {
  if (!(await rows.update(services.sql, owner_id, dataset_id, { name, trigger_word })))
    throw datasetNotFound();
  return get(services, { owner_id, dataset_id });
}

/** Deletes a dataset. Its images stay, and what was exported of it too. */
export async function remove(
  { sql }: Pick<Services, "sql">,
  { owner_id, dataset_id }: Input<"deleteDataset"> & Owned,
): Promise<Output<"deleteDataset">> {
  await sql.begin(async (tx) => {
    if (!(await rows.lockToChange(tx, owner_id, dataset_id))) throw datasetNotFound();
    await itemRows.lock(tx, owner_id, dataset_id); // in the order of image deletion
    await rows.remove(tx, dataset_id);
  });
}
