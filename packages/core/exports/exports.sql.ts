import type { DatasetWarning } from "@keepsake/contract/api/datasets";
import { type ExportLayout, everything } from "@keepsake/contract/exportLayouts";
import type { ExportMessage } from "@keepsake/contract/messages";
import type { Sql, TransactionSql } from "postgres";
import { isItemImage } from "../datasets/itemImages.sql.ts";
import { queuedSeconds, zipsQueuedAtOnce } from "./exportFiles.sql.ts";
import type { ExportOptions } from "./exportOptions.ts";
import type { ExportItem, StoredImage } from "./layouts/exportPlan.ts";
import type { ExportRow } from "./presentExport.ts";

/** The columns of an `ExportRow`. */
const exportColumns = (sql: Sql | TransactionSql) => sql`
  e.export_id, e.dataset_id, e.name, e.layout, e.options, e.status, e.error_code, e.error, e.items, e.warnings,
  e.created_at, e.expires_at,
  (select coalesce(jsonb_agg(jsonb_build_object('file_index', f.file_index, 'filename', f.filename,
                                                'bytes', f.bytes, 'sha256', f.sha256)
                             order by f.file_index), '[]')
   from export_files f where f.export_id = e.export_id and f.status = 'ready') as zips
`;

/** The owner's dataset; nothing of it changes until the transaction ends. Undefined when there is none. */
export async function lockDataset(tx: TransactionSql, owner_id: string, dataset_id: string) {
  const [dataset] = await tx<{ name: string; trigger_word: string | null }[]>`
    select name, trigger_word from datasets
    where dataset_id = ${dataset_id} and owner_id = ${owner_id}
    for update
  `;
  return dataset;
}

/**
 * The items of a dataset in order, as far as their images are the owner's and published, as the dataset shows them. None of these images can be
 * deleted until the transaction ends; its deletion finds the export then.
 */
export async function lockItems(
  tx: TransactionSql,
  owner_id: string,
  dataset_id: string,
): Promise<ExportItem[]> {
  const items = await tx<{ image_id: string; caption: string | null; control: string | null }[]>`
    select image_id, caption, control_image_id as control from dataset_items
    where dataset_id = ${dataset_id}
    order by position, image_id
  `;
  const ids = items.flatMap(({ image_id, control }) => [image_id, control ?? []].flat());
  if (ids.length === 0) return [];
  const images = await tx<StoredImage[]>`
    select ${storedColumns(tx)} from images i
    where image_id in ${tx(ids)} and ${isItemImage(tx, owner_id)}
    order by image_id
    for share
  `;
  const byId = new Map(images.map((image) => [image.image_id, image]));
  return items
    .filter(({ image_id }) => byId.has(image_id))
    .map(({ image_id, caption, control }, position) => ({
      ...{ position, caption, image: byId.get(image_id)! },
      control: byId.get(control ?? "") ?? null,
    }));
}

/** The columns of a `StoredImage`. */
export const storedColumns = (sql: Sql | TransactionSql) => sql`
  image_id, key, visibility, content_type, bytes, width, height, sha256
`;

/** The running or ready export of a dataset with this content, if it can be downloaded for another hour. */
export async function findSame(
  tx: TransactionSql,
  owner_id: string,
  dataset_id: string,
  content_sha256: string,
) {
  const [row] = await tx<ExportRow[]>`
    select ${exportColumns(tx)} from exports e
    where e.dataset_id = ${dataset_id} and e.owner_id = ${owner_id}
      and e.content_sha256 = ${content_sha256}
      and (e.status = 'pending' or (e.status = 'ready' and e.expires_at > now() + interval '1 hour'))
    order by e.created_at desc
    limit 1
  `;
  return row;
}

/** The ready export of everything with this content, if it can be downloaded for another hour. */
export async function findSameOfEverything(
  tx: TransactionSql,
  owner_id: string,
  content_sha256: string,
) {
  const [row] = await tx<ExportRow[]>`
    select ${exportColumns(tx)} from exports e
    where e.owner_id = ${owner_id} and e.layout = ${everything} and e.content_sha256 = ${content_sha256}
      and e.status = 'ready' and e.expires_at > now() + interval '1 hour'
    order by e.created_at desc
    limit 1
  `;
  return row;
}

/** An export of the owner's, if it is one of everything. */
export async function findOfEverything(tx: TransactionSql, owner_id: string, export_id: string) {
  const [row] = await tx<ExportRow[]>`
    select ${exportColumns(tx)} from exports e
    where e.export_id = ${export_id} and e.owner_id = ${owner_id} and e.layout = ${everything}
  `;
  return row;
}

type Contents = { items: number; files: number; content_sha256: string };

/** Saves what a new export holds. */
export async function setContents(tx: TransactionSql, export_id: string, contents: Contents) {
  const [row] = await tx<[ExportRow]>`
    with e as (update exports set ${tx(contents)} where export_id = ${export_id} returning *)
    select ${exportColumns(tx)} from e
  `;
  return row;
}

export async function findRunning(tx: TransactionSql, owner_id: string) {
  const [row] = await tx<{ export_id: string; dataset_id: string | null }[]>`
    select export_id, dataset_id from exports where owner_id = ${owner_id} and status = 'pending'
  `;
  return row;
}

type NewExport = {
  export_id: string;
  dataset_id: string | null;
  owner_id: string;
  layout: ExportLayout | typeof everything;
  options: ExportOptions;
  name: string;
  trigger_word: string | null;
  items: number;
  files: number;
  warnings: DatasetWarning[];
  content_sha256: string;
};

/** Resolves to undefined when the owner has a running export: it waits for one that another request is inserting. */
export async function insert(tx: TransactionSql, { options, warnings, ...row }: NewExport) {
  const values = { ...row, options: tx.json(options), warnings: tx.json(warnings) };
  const [inserted] = await tx<ExportRow[]>`
    with e as (
      insert into exports ${tx(values)}
      on conflict (owner_id) where status = 'pending' do nothing
      returning *
    )
    select ${exportColumns(tx)} from e
  `;
  return inserted;
}

/** Exports of the past 24 hours, of everything or of datasets, and in how many seconds the first of them is older. */
export async function countStarted(tx: TransactionSql, owner_id: string, isEverything: boolean) {
  const [row] = await tx<[{ started: number; seconds: number }]>`
    select count(*)::integer as started,
           extract(epoch from min(created_at) + interval '24 hours' - now())::float8 as seconds
    from exports
    where owner_id = ${owner_id} and created_at > now() - interval '24 hours'
      and (layout = ${everything}) = ${isEverything}
  `;
  return row;
}

export function insertItems(tx: TransactionSql, export_id: string, files: ExportItem[][]) {
  const items = files.flatMap((file, file_index) =>
    file.map(({ position, caption, image, control }) => ({
      ...{ position, file_index, caption, image_id: image.image_id },
      control_image_id: control?.image_id ?? null,
    })),
  );
  return tx`
    insert into export_items (export_id, position, file_index, image_id, caption, control_image_id)
    select ${export_id}::uuid, i.position, i.file_index, i.image_id, i.caption, i.control_image_id
    from jsonb_to_recordset(${tx.json(items)})
      as i (position integer, file_index integer, image_id uuid, caption text, control_image_id uuid)
  `;
}

/** Resolves to the messages to send: those of the first zips. */
export async function insertFiles(tx: TransactionSql, export_id: string, filenames: string[]) {
  const files = await tx<ExportMessage[]>`
    insert into export_files (export_id, file_index, filename, queue_after)
    select ${export_id}::uuid, f.file_index - 1, f.filename,
           case when f.file_index <= ${zipsQueuedAtOnce}
             then now() + make_interval(secs => ${queuedSeconds}) else 'infinity' end
    from jsonb_array_elements_text(${tx.json(filenames)}) with ordinality as f (filename, file_index)
    order by f.file_index
    returning export_id, file_index
  `;
  return files.filter(({ file_index }) => file_index < zipsQueuedAtOnce);
}

/** An export of the owner's that is not deleted. */
export async function find(sql: Sql, owner_id: string, export_id: string) {
  const [row] = await sql<ExportRow[]>`
    select ${exportColumns(sql)} from exports e
    where e.export_id = ${export_id} and e.owner_id = ${owner_id} and e.status <> 'deleted'
  `;
  return row;
}

/** Newest first. There are few: an owner starts five a day, and they are kept for a week. */
export function listOf(sql: Sql, owner_id: string, dataset_id: string) {
  return sql<ExportRow[]>`
    select ${exportColumns(sql)} from exports e
    where e.dataset_id = ${dataset_id} and e.owner_id = ${owner_id} and e.status <> 'deleted'
    order by e.created_at desc, e.export_id desc
  `;
}

/** The exports of everything, newest first. As few as those of datasets. */
export function listOfEverything(sql: Sql, owner_id: string) {
  return sql<ExportRow[]>`
    select ${exportColumns(sql)} from exports e
    where e.owner_id = ${owner_id} and e.layout = ${everything} and e.status <> 'deleted'
    order by e.created_at desc, e.export_id desc
  `;
}

/** Locks an export of the owner's, also a deleted one. Resolves to false when there is none. */
export async function lock(tx: TransactionSql, owner_id: string, export_id: string) {
  const rows = await tx`
    select 1 from exports where export_id = ${export_id} and owner_id = ${owner_id} for update
  `;
  return rows.length > 0;
}

/** What is left of it counts for the owner's day. */
export function markDeleted(tx: TransactionSql, export_id: string) {
  return tx`
    update exports set status = 'deleted', name = '', trigger_word = null, dataset_id = null
    where export_id = ${export_id}
  `;
}

/** Forgets up to `limit` exports that ended and were started a week ago. */
export function deleteOld(sql: Sql, limit: number) {
  return sql`
    delete from exports
    where export_id in (
      select export_id from exports
      where status in ('failed', 'expired', 'deleted') and created_at < now() - interval '7 days'
      order by created_at
      limit ${limit}
      for update skip locked
    )
  `;
}
