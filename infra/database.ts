import { secrets } from "./secrets.ts";

/** Any Postgres. A container serves one request at a time, so it uses one connection. */
export const database = new sst.Linkable("Database", {
  properties: { url: secrets.databaseUrl.value, pool: 1 },
});
