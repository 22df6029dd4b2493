import type { Sql, TransactionSql } from "postgres";

export type NewGeneration = { generation_id: string; owner_id: string; characters: number };

/** Inserts a generation if the owner's last hour has room for it; resolves to whether it had. */
export async function insertWithin(
  tx: TransactionSql,
  { generation_id, owner_id, characters }: NewGeneration,
  perHour: number,
): Promise<boolean> {
  // one request at a time per owner: several at once would all find the same room
  await tx`select pg_advisory_xact_lock(hashtextextended(${`generations ${owner_id}`}, 0))`;
  const { count } = await tx`
    insert into generations (generation_id, owner_id, characters)
    select ${generation_id}, ${owner_id}, ${characters}
    where (
      select coalesce(sum(characters), 0) + ${characters} <= ${perHour} from generations
      where owner_id = ${owner_id} and created_at > now() - interval '1 hour'
    )
  `;
  return count === 1;
}

/** The characters of the last hour, and the seconds until the oldest of them no longer count. */
export async function usedThisHour(sql: Sql, owner_id: string) {
  const [{ used, seconds }] = await sql<[{ used: number; seconds: number | null }]>`
    select coalesce(sum(characters), 0)::integer as used,
           ceil(extract(epoch from min(created_at) + interval '1 hour' - now()))::integer as seconds
    from generations
    where owner_id = ${owner_id} and created_at > now() - interval '1 hour'
  `;
  return { used, seconds: Math.max(1, seconds ?? 1) };
}

/** Deletes up to `limit` generations older than an hour. */
export function deleteExpired(sql: Sql, limit: number) {
  return sql`
    delete from generations where ctid in (
      select ctid from generations where created_at < now() - interval '1 hour'
      limit ${limit}
      for update skip locked
    )
  `;
}
