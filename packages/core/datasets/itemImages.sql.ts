import type { Sql, TransactionSql } from "postgres";
import { linkedOwners } from "../linkedOwners.sql.ts";

/**
 * Whether the image of a row counts as one of the owner's datasets, shown and exported: it is the owner's, or of a
 * Telegram account that is linked now, and published.
 */
export const isItemImage = (sql: Sql | TransactionSql, owner_id: string, image: "i" | "c") => sql`(
  ${sql(image)}.owner_id in ${linkedOwners(sql, owner_id)}
  and ${sql(image)}.status = 'published' and ${sql(image)}.duplicate_of is null
)`;
