import { readDatabaseUrl } from "@keepsake/contract/databaseUrl";
import postgres, { type Sql } from "postgres";
import { connectionPool } from "./connectionPool.ts";
import { tlsOptions } from "./databaseTls.ts";

/** The `Database` link. `pool` is the largest number of connections of one process. */
export type DatabaseLink = { url: string; pool: number };

/**
 * Postgres, connected on first use; over TLS unless it is on this machine or the link's URL turns TLS off.
 * Works behind a transaction pooler; timestamps are ISO 8601 strings.
 */
export function connect({ url: given, pool }: DatabaseLink): Sql {
  const { url } = readDatabaseUrl(given);
  return connectionPool(
    pool,
    (onclose) =>
      postgres(url, {
        max: 1,
        prepare: false, // behind a transaction pooler, statements run on different backends
        fetch_types: false, // would cost a round trip on every cold start
        connect_timeout: 5,
        onclose,
        onnotice() {},
        ...tlsOptions(given),
        types: {
          timestamptz: {
            to: 1184,
            from: [1184],
            serialize: (value: Date | string) => new Date(value).toISOString(),
            parse: (text: string) => new Date(text).toISOString(),
          },
        },
      }) as Sql,
  );
}
