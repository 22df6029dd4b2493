import type { PendingQuery, Row, Sql, TransactionSql } from "postgres";
import { linkedOwners } from "../linkedOwners.sql.ts";

/**
 * Whether the image `i` counts as one of the owner's datasets, shown and exported: it is the owner's, or of a
 * Telegram account that is linked now, and published.
 */
export const isItemImage = (sql: Sql | TransactionSql, owner_id: string) => sql`(
  i.owner_id in ${linkedOwners(sql, owner_id)}
  and i.status = 'published' and i.duplicate_of is null
)`;

/**
 * That image by its id, as a table expression. The limit has Postgres look up each image by its primary key: until it has
 * analyzed a table that was empty, it may compare every item with every image.
 */
export const itemImage = (
  sql: Sql | TransactionSql,
  owner_id: string,
  image_id: PendingQuery<Row[]>,
) => sql`
  (select i.* from (select * from images where image_id = ${image_id} limit 1) i
   where ${isItemImage(sql, owner_id)})
`;
