import { everything } from "@keepsake/contract/exportLayouts";
import type { ExportErrorCode } from "@keepsake/contract/exportSchemas";
import type { TransactionSql } from "postgres";

/** How exports end that were running or ready. */
export type End =
  | { status: "failed"; error_code: ExportErrorCode; error: string }
  | { status: "expired" | "deleted" };

/** Which running or ready exports: those with these ids, of these owners or with these images, of everything of an owner; those of an owner that may hold pictures of another; or those that are due. */
export type Which =
  | { export_ids: string[] }
  | { owners?: string[]; image_ids: string[] }
  | { everythingOf: string }
  | { of: string; picturesOf: string }
  | { expiredLimit: number }
  | { exhausted: { maxAttempts: number; limit: number } };

export type EndedExport = { export_id: string; owner_id: string; files: number };

/** Locks them in the order of their ids. An export is locked before its files, as everywhere. */
export function lock(tx: TransactionSql, which: Which) {
  // the sweep leaves those that another process is working on to the next one
  const mayWait = !("expiredLimit" in which || "exhausted" in which);
  return tx<EndedExport[]>`
    select export_id, owner_id, files from exports
    where status in ('pending', 'ready') and ${matches(tx, which)}
    order by export_id
    for update ${mayWait ? tx`` : tx`skip locked`}
  `;
}

function matches(tx: TransactionSql, which: Which) {
  if ("export_ids" in which) return tx`export_id in ${tx(which.export_ids)}`;
  if ("everythingOf" in which)
    return tx`owner_id = ${which.everythingOf} and layout = ${everything}`;
  if ("picturesOf" in which)
    return tx`owner_id = ${which.of} and (layout = ${everything} or exists (
      select 1 from export_items t join images i on i.image_id in (t.image_id, t.control_image_id)
      where t.export_id = exports.export_id and i.owner_id = ${which.picturesOf}
    ))`;
  if ("expiredLimit" in which)
    return tx`export_id in (
      select export_id from exports where status = 'ready' and expires_at <= now()
      order by expires_at limit ${which.expiredLimit}
    )`;
  if ("exhausted" in which)
    return tx`export_id in (
      select export_id from export_files
      where status = 'pending' and queue_after <= now() and attempts >= ${which.exhausted.maxAttempts}
        and coalesce(leased_until <= now(), true)
      order by queue_after limit ${which.exhausted.limit}
    )`;
  const { owners = [], image_ids } = which;
  // a list of parameters may not be longer than 65,535
  const images = tx`(select id::uuid from jsonb_array_elements_text(${tx.json(image_ids)}) as i (id))`;
  return tx`export_id in (
    select export_id from export_items where image_id in ${images}
    union all select export_id from export_items where control_image_id in ${images}
    union all select export_id from exports where owner_id in ${tx(["", ...owners])}
  )`;
}

/** Ends locked exports. What was in them is forgotten; a deleted one keeps only that it was started. */
export async function end(tx: TransactionSql, exports: EndedExport[], end: End) {
  if (exports.length === 0) return;
  const ids = exports.map(({ export_id }) => export_id);
  const { error_code = null, error = null } = end.status === "failed" ? end : {};
  await tx`
    update exports set status = ${end.status}, error_code = ${error_code}, error = ${error}
    where export_id in ${tx(ids)}
  `;
  await tx`delete from export_files where export_id in ${tx(ids)}`;
  await tx`delete from export_items where export_id in ${tx(ids)}`;
  await tx`delete from export_texts where export_id in ${tx(ids)}`;
}

export function remove(tx: TransactionSql, owners: string[]) {
  return tx`
    delete from exports where export_id in (
      select export_id from exports where owner_id in ${tx(owners)} order by export_id for update
    )
  `;
}
