import type { ExportLayout, everything } from "@keepsake/contract/exportLayouts";
import type { ExportMessage } from "@keepsake/contract/messages";
import type { Sql, TransactionSql } from "postgres";
import type { RetryPolicy } from "../retryPolicy.ts";
import type { ExportOptions } from "./exportOptions.ts";

/**
 * Rows of zips. A consumer holds a lease while it writes one, and renews it; no attempt begins before `leased_until`.
 * `queue_after` is when the sweep queues a zip: when the lease of its consumer has ended or its next attempt is due,
 * and once it is queued, when it counts as lost by the queue. `infinity` means that it is not queued before another zip
 * of the export is written.
 */
const leaseSeconds = 90;
export const renewSeconds = 20;

/** Zips of an export that are queued at the same time: the others of a large export do not delay those of other owners. */
export const zipsQueuedAtOnce = 2;

/**
 * When a zip that no consumer has begun is queued again. Shorter than the queue's visibility timeout, because a second
 * message does no harm: the lease leaves one consumer to write the zip.
 */
export const queuedSeconds = 180;

export type ClaimedFile = {
  export_id: string;
  file_index: number;
  filename: string;
  lease: string;
  /** This one included. */
  attempts: number;
  layout: ExportLayout | typeof everything;
  options: ExportOptions;
  trigger_word: string | null;
  /** Zips of the export. */
  files: number;
};

const leaseEnd = (sql: Sql) => sql`now() + make_interval(secs => ${leaseSeconds})`;
const isFree = (sql: Sql) => sql`coalesce(leased_until <= now(), true)`;
const isOurs = (sql: Sql, { export_id, file_index, lease }: ClaimedFile) => sql`
  export_id = ${export_id} and file_index = ${file_index} and lease = ${lease} and status = 'pending'
`;

/**
 * Leases a zip that is to be written, and counts the attempt before it: a process that dies has tried. Undefined when
 * it is written, being written, not due or not wanted any more.
 */
export async function claim(
  sql: Sql,
  { export_id, file_index }: ExportMessage,
  { maxAttempts }: RetryPolicy,
) {
  const [file] = await sql<ClaimedFile[]>`
    update export_files f
    set attempts = attempts + 1, requeues = 0, lease = gen_random_uuid(),
        leased_until = ${leaseEnd(sql)}, queue_after = ${leaseEnd(sql)}
    from exports e
    where f.export_id = ${export_id} and f.file_index = ${file_index} and e.export_id = f.export_id
      and f.status = 'pending' and ${isFree(sql)} and attempts < ${maxAttempts}
    returning f.export_id, f.file_index, f.filename, f.lease, f.attempts,
              e.layout, e.options, e.trigger_word, e.files
  `;
  return file;
}

/** Resolves to false when the lease is lost: to another consumer, or because the export has ended. */
export async function renew(sql: Sql, file: ClaimedFile): Promise<boolean> {
  const { count } = await sql`
    update export_files set leased_until = ${leaseEnd(sql)}, queue_after = ${leaseEnd(sql)}
    where ${isOurs(sql, file)}
  `;
  return count === 1;
}

/** Whether the export is running or ready: its objects are wanted. An export that has ended stays so. */
export async function isWanted(sql: Sql, { export_id }: ClaimedFile): Promise<boolean> {
  const rows = await sql`
    select 1 from exports where export_id = ${export_id} and status in ('pending', 'ready')
  `;
  return rows.length > 0;
}

/**
 * Saves that a zip is written, and takes the `next` one of the export to be queued. With the last one the export is
 * ready. `lost` when another consumer has the lease, or the export has ended.
 */
export function finish(
  sql: Sql,
  file: ClaimedFile,
  { bytes, sha256 }: { bytes: number; sha256: string },
  keptSeconds: number,
): Promise<{ status: "ready" | "written" | "lost"; next: ExportMessage[] }> {
  const { export_id, file_index } = file;
  return sql.begin(async (tx) => {
    // one at a time: two that finish at once would each find the other unfinished
    await tx`select 1 from exports where export_id = ${export_id} for update`;
    const [result] = await tx<[{ written: boolean; ready: boolean }]>`
      with written as (
        update export_files
        set status = 'ready', bytes = ${bytes}, sha256 = ${sha256}, error = null,
            lease = null, leased_until = null
        where ${isOurs(tx as unknown as Sql, file)}
        returning 1
      ), ready as (
        update exports
        set status = 'ready', ready_at = now(),
            expires_at = now() + make_interval(secs => ${keptSeconds})
        where export_id = ${export_id} and status = 'pending' and exists (select 1 from written)
          and not exists (select 1 from export_files
                          where export_id = ${export_id} and file_index <> ${file_index}
                            and status = 'pending')
        returning 1
      )
      select exists (select 1 from written) as written, exists (select 1 from ready) as ready
    `;
    if (result.ready) {
      await tx`delete from export_texts where export_id = ${export_id}`; // they are in the zips
      return { status: "ready", next: [] };
    }
    if (!result.written) return { status: "lost", next: [] };
    return { status: "written", next: await takeNext(tx, export_id) };
  });
}

const takeNext = (tx: TransactionSql, export_id: string) => tx<ExportMessage[]>`
  update export_files set queue_after = now() + make_interval(secs => ${queuedSeconds})
  where export_id = ${export_id} and file_index = (
    select min(file_index) from export_files
    where export_id = ${export_id} and status = 'pending' and queue_after = 'infinity'
  )
  returning export_id, file_index
`;

/** Gives the lease back, with the reason and when the next attempt is due. */
export function postpone(sql: Sql, file: ClaimedFile, error: string, seconds: number) {
  const due = sql`now() + make_interval(secs => ${seconds})`;
  return sql`
    update export_files set lease = null, error = ${error}, leased_until = ${due}, queue_after = ${due}
    where ${isOurs(sql, file)}
  `;
}

/** Claims, to queue them, up to `limit` zips that are due. One that is queued again without an attempt waits twice as long each time. */
export function claimStale(sql: Sql, { maxAttempts }: RetryPolicy, limit: number) {
  return sql<ExportMessage[]>`
    update export_files
    set queue_after = now() + make_interval(secs => ${queuedSeconds}) * power(2, least(requeues, 6)),
        requeues = requeues + 1
    where (export_id, file_index) in (
      select export_id, file_index from export_files
      where status = 'pending' and queue_after <= now() and attempts < ${maxAttempts}
      order by queue_after
      limit ${limit}
      for update skip locked
    )
    returning export_id, file_index
  `;
}

/** Marks zips as not in the queue, so that the next sweep sends them. */
export function markUnsent(sql: Sql, messages: ExportMessage[]) {
  return sql`
    update export_files set queue_after = now(), requeues = greatest(0, requeues - 1)
    where (export_id, file_index) in (
      select f.export_id, f.file_index from export_files f join ${named(sql, messages)}
        using (export_id, file_index)
      where f.status = 'pending' and ${isFree(sql)}
      order by f.export_id, f.file_index
      for update of f
    )
  `;
}

/** Those of the messages that no consumer has begun since they were queued. */
export function findWaiting(sql: Sql, messages: ExportMessage[]) {
  return sql<ExportMessage[]>`
    select f.export_id, f.file_index
    from export_files f join ${named(sql, messages)} using (export_id, file_index)
    where f.status = 'pending' and ${isFree(sql)}
  `;
}

/** For a queue that lost its messages: every zip that was queued and is not written is due. */
export function requeueAllPending(sql: Sql) {
  return sql`
    update export_files set queue_after = now(), requeues = 0, lease = null, leased_until = null
    where (export_id, file_index) in (
      select export_id, file_index from export_files
      where status = 'pending' and queue_after < 'infinity'
      order by export_id, file_index for update
    )
  `;
}

const named = (sql: Sql, messages: ExportMessage[]) => sql`
  jsonb_to_recordset(${sql.json(messages)}) as m (export_id uuid, file_index integer)
`;
