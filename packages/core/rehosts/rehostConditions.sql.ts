import type { Sql, TransactionSql } from "postgres";

type AnySql = Sql | TransactionSql;

/**
 * Neither uploaded nor sent in a request. Written so that the index images_pending serves it.
 */
export const isRehost = (sql: AnySql) => sql`(platform <> 'web' and platform <> 'base64')`;

/** A request works on the image. */
export const isHeld = (sql: AnySql) => sql`coalesce(held_until > now(), false)`;

/** The image is finished, was sent to the bot, and its sender has no reply yet. */
export const owesReply = (sql: Sql) => sql`
  status <> 'pending' and replied_at is null and platform = 'telegram' and source ? 'chat_id'
`;
