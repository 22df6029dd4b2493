import type { Sql, TransactionSql } from "postgres";

/** The details of a piece `p` as callers see them. None of a portrait's base64 is read. */
export const shownDetails = (sql: Sql | TransactionSql) =>
  sql`coalesce(p.details_without_base64, p.details - 'image_portrait_base64')`;
