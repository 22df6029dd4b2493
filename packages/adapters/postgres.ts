import postgres, { type Sql } from "postgres";

/** The `Database` link. `pool` is how many connections one process may hold. */
export type DatabaseLink = { url: string; pool: number };

/** Postgres, connected on first use. Works behind a transaction pooler; times come as ISO 8601. */
export function connect({ url, pool }: DatabaseLink): Sql {
  return postgres(url, {
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
}
