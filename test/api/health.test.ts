import { connect } from "@keepsake/adapters/cloud/postgres";
import * as health from "@keepsake/core/health";
import { expect, test } from "vitest";
import { copyDatabase } from "../support/stack.ts";

test("GET /health says whether the database has this release's last migration", async () => {
  const sql = connect({ url: await copyDatabase(), pool: 1 });
  try {
    const [{ version: migration }] = (await sql`
      select max(version) as version from schema_migrations`) as unknown as [{ version: string }];
    const check = () => health.check({ sql, migration });
    expect(await check()).toEqual({ status: "ok", migrations: "applied" });
    // the next release's migrations run before its code is deployed
    await sql`insert into schema_migrations values ('29990101000000')`;
    expect(await check()).toEqual({ status: "ok", migrations: "applied" });
    await sql`delete from schema_migrations where version = ${migration}`;
    expect(await check()).toEqual({ status: "ok", migrations: "pending" });
    await sql`drop table schema_migrations`;
    expect(await check()).toEqual({ status: "ok", migrations: "pending" });
  } finally {
    await sql.end({ timeout: 1 });
  }
});
