import postgres, { type Sql } from "postgres";

let sql: Sql | undefined;

/** The driver that all contenders use, with the options that save a cold start its round trips. */
export const connect = (): Sql =>
  (sql ??= postgres(process.env.DATABASE_URL!, { max: 1, prepare: false, fetch_types: false }));
