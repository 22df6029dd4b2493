import postgres, { type Sql, type TransactionSql } from "postgres";

/** The `Database` link. `pool` is the largest number of connections of one process. */
export type DatabaseLink = { url: string; pool: number };

/** Postgres, connected on first use. Works behind a transaction pooler; timestamps are ISO 8601 strings. */
export function connect({ url, pool }: DatabaseLink): Sql {
  const sql = postgres(url, {
    max: pool,
    prepare: false, // behind a transaction pooler, statements run on different backends
    fetch_types: false, // would cost a round trip on every cold start
    connect_timeout: 5,
    onnotice() {},
    types: {
      timestamptz: {
        to: 1184,
        from: [1184],
        serialize: (value: Date | string) => new Date(value).toISOString(),
        parse: (text: string) => new Date(text).toISOString(),
      },
    },
  }) as Sql;
  return surviveConnectionLoss(sql);
}

/**
 * The driver sends a rollback after a failed transaction, even when the connection itself failed. It then
 * writes to a socket that is gone, which cannot be caught and ends the process. So the work of such a
 * transaction never settles; the driver rejects the transaction itself when the connection closes.
 */
function surviveConnectionLoss(sql: Sql): Sql {
  const begin = sql.begin.bind(sql) as (work: Work) => Promise<unknown>;
  const beginSafely = (work: Work) =>
    begin(async (tx) => {
      try {
        return await work(tx);
      } catch (error) {
        if (isConnectionLoss(error)) return new Promise(() => {});
        throw error;
      }
    });
  return Object.assign(sql, { begin: beginSafely as Sql["begin"] });
}

type Work = (tx: TransactionSql) => unknown;

/** The connection closed or failed, or the server ended the session and is about to close it. */
function isConnectionLoss(error: unknown) {
  const { code, syscall, severity } = error as Partial<Record<string, string>>;
  return code === "CONNECTION_CLOSED" || syscall !== undefined || severity === "FATAL";
}
