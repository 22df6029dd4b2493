import type { DatasetSummary } from "@keepsake/contract/api/datasets";
import type { Sql, TransactionSql } from "postgres";
import { itemImage } from "./itemImages.sql.ts";

/** A dataset as it is stored: `presentDatasets` gets the image that `cover_id` names. */
export type DatasetRow = Omit<DatasetSummary, "cover"> & { cover_id: string | null };

type NewDataset = Pick<DatasetSummary, "dataset_id" | "name" | "trigger_word"> & {
  owner_id: string;
};

/**
 * Inserts a dataset unless its owner has `maxDatasets`; resolves to whether it did. Concurrent requests of the
 * owner wait for the transaction to end.
 */
export async function insert(tx: TransactionSql, dataset: NewDataset, maxDatasets: number) {
  const { owner_id } = dataset;
  await tx`select pg_advisory_xact_lock(hashtextextended(${`datasets ${owner_id}`}, 0))`;
  const { count } = await tx`
    insert into datasets (dataset_id, owner_id, name, trigger_word)
    select ${dataset.dataset_id}, ${owner_id}, ${dataset.name}, ${dataset.trigger_word}
    where (select count(*) from datasets where owner_id = ${owner_id}) < ${maxDatasets}
  `;
  return count === 1;
}

export async function find(sql: Sql, owner_id: string, dataset_id: string) {
  const [dataset] = await sql<DatasetRow[]>`
    select ${datasetColumns(sql)} from datasets d ${totals(sql, owner_id)}
    where d.dataset_id = ${dataset_id} and d.owner_id = ${owner_id}
  `;
  return dataset;
}

/** The newest datasets of an owner. */
export function page(
  sql: Sql,
  owner_id: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
) {
  return sql<DatasetRow[]>`
    select ${datasetColumns(sql)} from (
      select * from datasets
      where owner_id = ${owner_id} ${cursor ? sql`and dataset_id < ${cursor}` : sql``}
      order by dataset_id desc
      limit ${limit}
    ) d ${totals(sql, owner_id)}
    order by d.dataset_id desc
  `;
}

const datasetColumns = (sql: Sql) => sql`
  d.dataset_id, d.name, d.trigger_word, total.item_count, total.bytes, total.cover_id, d.created_at,
  d.updated_at
`;

/** What the images of a dataset `d` add up to. */
const totals = (sql: Sql, owner_id: string) => sql`
  cross join lateral (
    select count(*)::integer as item_count, coalesce(sum(i.bytes), 0)::float8 as bytes,
           (array_agg(i.image_id order by t.position))[1] as cover_id
    from dataset_items t cross join lateral ${itemImage(sql, owner_id, sql`t.image_id`)} i
    where t.dataset_id = d.dataset_id
  ) total
`;

/** Changes a dataset, and resolves to whether it is the owner's. Undefined fields stay. */
export async function update(
  sql: Sql,
  owner_id: string,
  dataset_id: string,
  { name, trigger_word }: { name: string | undefined; trigger_word: string | null | undefined },
) {
  const { count } = await sql`
    update datasets
    set name = coalesce(${name ?? null}, name), updated_at = now(),
        trigger_word = case when ${trigger_word !== undefined}::boolean
          then ${trigger_word ?? null} else trigger_word end
    where dataset_id = ${dataset_id} and owner_id = ${owner_id}
  `;
  return count === 1;
}

/**
 * Locks a dataset that is about to change. Resolves to false when it is not the owner's. Its items are changed under
 * this lock only; deleted images leave datasets without it.
 */
export async function lockToChange(tx: TransactionSql, owner_id: string, dataset_id: string) {
  const { count } = await tx`
    update datasets set updated_at = now()
    where dataset_id = ${dataset_id} and owner_id = ${owner_id}
  `;
  return count === 1;
}

/** Deletes a dataset that is locked, with its items. */
export function remove(tx: TransactionSql, dataset_id: string) {
  return tx`delete from datasets where dataset_id = ${dataset_id}`;
}

export async function isOwn(sql: Sql, owner_id: string, dataset_id: string) {
  const [dataset] = await sql`
    select 1 from datasets where dataset_id = ${dataset_id} and owner_id = ${owner_id}
  `;
  return dataset !== undefined;
}
