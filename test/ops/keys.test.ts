import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isLiveServiceKey } from "@keepsake/core/serviceKeys/serviceKeys";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyDatabase } from "../support/stack.ts";

const bin = fileURLToPath(new URL("../../packages/ops/bin.mjs", import.meta.url));

let url: string;
let sql: postgres.Sql;
beforeAll(async () => {
  url = await copyDatabase();
  sql = postgres(url, { max: 1 });
});
afterAll(() => sql.end());

describe("npm run keys", () => {
  test("makes a key and shows it once, lists it without its secret, and revokes it", async () => {
    const created = await keys("create", "our backend");
    expect(created.code).toBe(0);
    const [key = "", hint] = created.output.split("\n");
    expect(key).toMatch(/^ks_[0-9a-f]{16}_[0-9a-f]{64}$/);
    expect(hint).toContain("not shown again");
    expect(await isLiveServiceKey(sql, key)).toBe(true);
    const [, key_id = "", secret = ""] = key.split("_");

    const live = (await keys("list")).output;
    expect(live).toMatch(new RegExp(`^${key_id}  live since 20.*Z  our backend\n$`));
    expect(live).not.toContain(secret);

    expect(await keys("revoke", key_id)).toEqual({
      code: 0,
      output: `${key_id} is revoked: it and the page tokens made with it stop within a minute\n`,
    });
    expect(await isLiveServiceKey(sql, key)).toBe(false);
    expect((await keys("list")).output).toMatch(new RegExp(`^${key_id}  revoked 20.*our backend`));
    const again = await keys("revoke", key_id);
    expect([again.code, again.output]).toEqual([
      1,
      `There is no live key ${key_id}: npm run keys -- list shows their ids\n`,
    ]);
  }, 60_000);

  test("revokes a key that is given whole, and does not print it", async () => {
    const [key = ""] = (await keys("create", "leaked")).output.split("\n");
    const { code, output } = await keys("revoke", key);
    expect([code, output.includes(key)]).toEqual([0, false]);
    expect(await isLiveServiceKey(sql, key)).toBe(false);
  }, 60_000);

  test.each([
    [["create", " "], /^Name the key in 1 to 100 characters/],
    [["create", "x".repeat(101)], /^Name the key in 1 to 100 characters/],
    [["create", "a\nb"], /^Name the key in 1 to 100 characters/],
    [["create"], /^Usage: npm run keys -- create NAME \| list \| revoke ID/],
    [["list", "all"], /^Usage: /],
    [["revoke"], /^Usage: /],
    [["constructor"], /^Usage: /],
    [[], /^Usage: /],
  ])(
    "explains in one line why it cannot run %j",
    async (args, message) => {
      const { code, output } = await keys(...args);
      expect(code).toBe(1);
      expect(output).toMatch(message);
      expect(output.trim().split("\n")).toHaveLength(1);
    },
    60_000,
  );

  test("says how many keys there may be", async () => {
    await sql`
      insert into service_keys (key_id, name, sha256)
      select lpad(to_hex(n), 16, '0'), 'many', repeat('0', 64) from generate_series(1, 100) n
    `;
    const { code, output } = await keys("create", "one more");
    expect([code, output]).toEqual([1, "There are 100 live keys, the maximum: revoke one first\n"]);
  }, 60_000);
});

function keys(...args: string[]) {
  const links = { Database: { url, pool: 1 } };
  const env = { PATH: process.env.PATH, SST_RESOURCES_JSON: JSON.stringify(links) };
  return new Promise<{ code: number; output: string }>((resolve) => {
    execFile(process.execPath, [bin, "keys", "linked", ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
    );
  });
}
