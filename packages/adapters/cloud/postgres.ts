import postgres, { type Sql, type TransactionSql } from "postgres";

/** The `Database` link. `pool` is how many connections one process may hold. */
export type DatabaseLink = { url: string; pool: number };

/** Postgres, connected on first use. Works behind a transaction pooler; times come as ISO 8601. */
export function connect({ url, pool }: DatabaseLink): Sql {
  const sql = postgres(url, {
    max: pool,
    prepare: false, // a transaction pooler hands each statement to another backend
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
  return survivingLoss(sql);
}

/**
 * The driver ends a failed transaction with a rollback, even when what failed is the connection. It then
 * writes to a socket that is gone: nobody can catch that, and the process dies. So the work of such a
 * transaction is left unanswered; the driver rejects the transaction itself as the connection closes.
 */
function survivingLoss(sql: Sql): Sql {
  const begin = sql.begin.bind(sql) as (work: Work) => Promise<unknown>;
  const guarded = (work: Work) =>
    begin(async (tx) => {
      try {
        return await work(tx);
      } catch (error) {
        if (isLoss(error)) return new Promise(() => {});
        throw error;
      }
    });
  return Object.assign(sql, { begin: guarded as Sql["begin"] });
}

type Work = (tx: TransactionSql) => unknown;

/** The connection closed or broke, or the server ended the session and is about to close it. */
function isLoss(error: unknown) {
  const { code, syscall, severity } = error as Partial<Record<string, string>>;
  return code === "CONNECTION_CLOSED" || syscall !== undefined || severity === "FATAL";
}
