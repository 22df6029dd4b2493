import type { Sql, TransactionSql } from "postgres";

export type NewGeneration = { generation_id: string; owner_id: string; characters: number };

/** Counts a generation if the owner's last hour leaves room for it; resolves to whether it does. */
export async function countWithin(
  tx: TransactionSql,
  { generation_id, owner_id, characters }: NewGeneration,
  perHour: number,
): Promise<boolean> {
  // one at a time for an owner, or several at once would all find the same room
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

/** Seconds until the oldest generation of the last hour no longer counts. */
export async function secondsUntilRoom(sql: Sql, owner_id: string): Promise<number> {
  const [row] = await sql<[{ seconds: number | null }]>`
    select ceil(extract(epoch from min(created_at) + interval '1 hour' - now()))::integer as seconds
    from generations
    where owner_id = ${owner_id} and created_at > now() - interval '1 hour'
  `;
  return Math.max(1, row.seconds ?? 1);
}

/** Forgets up to `most` generations that no longer count. */
export function dropOld(sql: Sql, most: number) {
  return sql`
    delete from generations where ctid in (
      select ctid from generations where created_at < now() - interval '1 hour'
      limit ${most}
      for update skip locked
    )
  `;
}
