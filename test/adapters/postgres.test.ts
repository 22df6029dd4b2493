import { isDatabaseUnavailable } from "@keepsake/adapters/cloud/databaseErrorKinds";
import { connect } from "@keepsake/adapters/cloud/postgres";
import type { Sql, TransactionSql } from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { postgresProxy } from "../support/postgresProxy.ts";
import { copyDatabase, throughPooler } from "../support/stack.ts";

let url: string;
let proxy: Awaited<ReturnType<typeof postgresProxy>>;
let sql: Sql;

beforeAll(async () => {
  url = await copyDatabase();
  const direct = connect({ url, pool: 1 });
  await direct`create table notes (id integer primary key, body jsonb not null)`;
  await direct.end();
});
beforeEach(async () => {
  proxy = await postgresProxy(throughPooler(url));
  sql = connect({ url: proxy.url, pool: 4 });
});
afterEach(async () => {
  vi.useRealTimers();
  await sql.end({ timeout: 1 });
  proxy.stop();
});
afterAll(async () => {
  const direct = connect({ url, pool: 1 });
  await direct`drop table notes`;
  await direct.end();
});

/** A query with parameters after one without, some of them in a transaction. */
const mixed = [
  async () => [...(await sql`select 1 as one`)],
  async (id: number) => [...(await sql`select ${id}::integer as id`)],
  async (id: number) => [...(await sql.unsafe("select $1::integer as id", [id]))],
  (id: number) =>
    sql.begin(async (tx) => {
      const [[first], [second], [third]] = await Promise.all([
        tx`select 1 as one`,
        tx`select ${id}::integer as id`,
        tx`select ${tx.json({ id })}::jsonb as body`,
      ]);
      return [first, second, third];
    }),
];

const noError = () => undefined;

describe("A database connection", () => {
  test("answers 300 concurrent queries and transactions behind a pooler that hangs when queries are sent ahead", async ({
    task,
  }) => {
    task.meta.cases = 300;
    const results = await Promise.all(
      Array.from({ length: 300 }, (_, id) => mixed[id % mixed.length]!(id)),
    );
    const expected = (id: number) =>
      [[{ one: 1 }], [{ id }], [{ id }], [{ one: 1 }, { id }, { body: { id } }]][id % 4];
    expect(results).toEqual(Array.from({ length: 300 }, (_, id) => expected(id)));
    expect(proxy.pipelined()).toBe(0);
    expect(proxy.opened()).toBe(4);
  });

  test("accepts the driver's values, fragments and counts", async () => {
    const rows = [
      { id: 1, body: sql.json({ at: "first" }) },
      { id: 2, body: sql.json({ at: "second" }) },
    ];
    const inserted = await sql`insert into notes ${sql(rows, "id", "body")} on conflict do nothing`;
    const condition = (id: number) => sql`where id = ${id}`;
    const [note] = await sql`select * from notes ${condition(2)}`;
    const updated = await sql.begin(
      (tx) =>
        tx`update ${tx("notes")} set id = id + 10 ${tx`where id in ${tx([1, 2])}`} returning id`,
    );
    const [cast] = await sql`select 1::${sql.unsafe("text")} as one, now() as now`;

    expect([inserted.count, updated.count, note]).toEqual([
      2,
      2,
      { id: 2, body: { at: "second" } },
    ]);
    expect(cast).toEqual({ one: "1", now: expect.stringMatching(/^\d{4}-.*Z$/) });
  });

  test("sends a query with its parameters, and asks for types only to write an object of no stated one", async () => {
    const before = proxy.describedFirst();
    const typed = sql.json({ at: "typed" });
    const [row] = await sql`
      select ${7}::integer as n, ${"text"} as text, ${true} as yes, ${null}::text as nothing, ${typed} as body
    `;
    await sql.begin((tx) => tx`insert into notes values (${500}, ${typed})`);
    expect(row).toEqual({ n: 7, text: "text", yes: true, nothing: null, body: { at: "typed" } });
    expect(proxy.describedFirst()).toBe(before);

    const untyped = { id: 501, body: { at: "untyped" } };
    await sql`insert into notes ${sql(untyped as never, "id", "body")}`;
    expect(await sql`select * from notes where id >= ${500} order by id`).toEqual([
      { id: 500, body: { at: "typed" } },
      untyped,
    ]);
    expect(proxy.describedFirst()).toBe(before + 1);
  });

  test("goes on after a rejected statement and after a mistake in a query", async () => {
    const duplicate = () => sql`insert into notes values (100, '{}'), (100, '{}')`;
    const mistake = () => sql`select ${undefined as never}::integer`;
    const invalidDate = () => sql`select ${new Date(Number.NaN)}::timestamptz`;
    const failures = await Promise.allSettled(
      Array.from({ length: 60 }, (_, n) =>
        [duplicate, mistake, invalidDate, () => mixed[3]!(n)][n % 4]!(),
      ),
    );
    const outcomes = failures.slice(0, 4).map((one) => ("reason" in one ? one.reason : one.status));
    expect(outcomes).toMatchObject([
      { code: "23505" },
      { code: "UNDEFINED_VALUE" },
      { name: "RangeError" },
      "fulfilled",
    ]);
    expect(await mixed[1]!(7)).toEqual([{ id: 7 }]);
    expect(proxy.pipelined()).toBe(0);
  });

  test("rolls a transaction back with the first error of its work, however many queries it had sent", async () => {
    const rejected = sql.begin((tx) =>
      Promise.all([
        tx`insert into notes values (200, '{}')`,
        tx`insert into notes values (200, '{}')`,
        tx`select 1`,
      ]),
    );
    const mistaken = sql.begin(async (tx) => {
      await tx`insert into notes values (201, '{}')`;
      await tx`select ${undefined as never}::integer`;
    });
    const thrown = sql.begin(async (tx) => {
      await tx`insert into notes values (202, '{}')`;
      throw new Error("not today");
    });
    const reasons = (await Promise.allSettled([rejected, mistaken, thrown])).map(
      (one) => "reason" in one && one.reason,
    );
    expect(reasons).toMatchObject([
      { code: "23505" },
      { code: "UNDEFINED_VALUE" },
      { message: "not today" },
    ]);
    expect(await sql`select id from notes where id between 200 and 202`).toHaveLength(0);
    expect(proxy.pipelined()).toBe(0);
  });

  test.each(["silent", "resetting"] as const)(
    "that is %s after the container was frozen is replaced before a query is sent on it",
    async (state) => {
      await Promise.all(Array.from({ length: 8 }, () => sql`select 1`));
      proxy.fail(state);
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
      await sql`delete from notes`;
      const [row] = await sql`insert into notes values (300, '{}') returning id`;
      const counted = await sql.begin((tx) => tx`select count(*)::integer as notes from notes`);
      expect([row, [...counted]]).toEqual([{ id: 300 }, [{ notes: 1 }]]);
    },
  );

  test("that was closed while idle is replaced", async () => {
    await Promise.all(Array.from({ length: 4 }, () => sql`select pg_sleep(0.1)`));
    const direct = connect({ url, pool: 1 });
    await direct`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()
    `;
    await direct.end();
    await vi.waitFor(async () => expect(await mixed[0]!(1)).toEqual([{ one: 1 }]));
    expect(await Promise.all([1, 2, 3, 4].map((id) => mixed[1]!(id)))).toHaveLength(4);
  });

  test("that is lost in a transaction rejects it, and the next one gets a new connection", async () => {
    const loseConnection = async (tx: TransactionSql) => {
      await tx`insert into notes values (400, '{}')`;
      proxy.fail("resetting");
      await tx`select 1`.catch(() => {});
      await tx`select 2`; // the work goes on
    };
    const lost = await sql.begin(loseConnection).catch((error) => error);
    expect(isDatabaseUnavailable(lost)).toBe(true);
    expect(await sql`select id from notes where id = 400`).toHaveLength(0);
  });

  test("answers or rejects every query and transaction, whenever it is reset", async () => {
    const single = connect({ url: proxy.url, pool: 1 });
    const calls = [
      () => single`select 1`,
      () => single`select ${1}::integer`,
      () => single.begin((tx) => tx`select 1`),
      () => single.begin((tx) => new Promise(setImmediate).then(() => tx`select ${1}::integer`)),
      () => single.begin(() => new Promise(setImmediate)),
      () => single.begin(() => new Promise(setImmediate).then(() => Promise.reject(stop))),
    ];
    const stop = { code: "stopped by the work" };
    const outcomes = { answered: 0, stopped: 0, lost: 0 };
    const isMissing = () => Object.values(outcomes).includes(0);
    for (let round = 0; round < 300 || (isMissing() && round < 3_000); round += 1) {
      while (await single`select 1`.then(noError, (error) => error));
      proxy.reset();
      for (let turn = 0; turn < Math.floor(round / calls.length) % 10; turn += 1)
        await new Promise(setImmediate);
      const error = await calls[round % calls.length]!().then(noError, (error) => error);
      if (error === undefined) outcomes.answered += 1;
      else if (error === stop) outcomes.stopped += 1;
      else if (isDatabaseUnavailable(error)) outcomes.lost += 1;
      else throw error;
    }
    expect(isMissing()).toBe(false);
    await single.end({ timeout: 0 });
  });

  test("is closed by cancel, so that a query without an answer delays no other", async () => {
    const single = connect({ url: proxy.url, pool: 1 });
    await single`select 1`;
    proxy.fail("silent");
    const unanswered = single`select 2`.execute();
    const next = single`select 3 as three`.then((rows) => [...rows]);
    setTimeout(() => unanswered.cancel(), 50);
    await expect(unanswered).rejects.toMatchObject({ code: "CONNECTION_DESTROYED" });
    expect(await next).toEqual([{ three: 3 }]);
    await single.end({ timeout: 0 });
  });

  test("is refused as unavailable when Postgres has none left or is starting", async () => {
    for (const refused of ["53300", "57P03", "08P01"]) {
      proxy.accept({ refused });
      const error = await sql`select 1`.catch((error) => error);
      expect([error.code, isDatabaseUnavailable(error)]).toEqual([refused, true]);
    }
    proxy.accept("forwarding");
    expect(await mixed[0]!(1)).toEqual([{ one: 1 }]);
  });

  test("stays the same after a rejected statement", async () => {
    for (let count = 0; count < 3; count += 1) {
      await sql`select 1 / 0`.catch(noError);
      await sql.begin((tx) => tx`select 1 / 0`).catch(noError);
    }
    expect(proxy.opened()).toBe(1);
  });

  test("is used again by the next query", async () => {
    for (let id = 0; id < 20; id += 1) expect(await mixed[1]!(id)).toEqual([{ id }]);
    for (let id = 0; id < 20; id += 1) await mixed[3]!(id);
    expect(proxy.opened()).toBe(1);
  });

  test("finishes what it runs when the pool ends, and takes nothing more", async () => {
    const running = sql`select pg_sleep(0.2), 1 as one`;
    const done = running.then(([row]) => row?.one);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await sql.end({ timeout: 2 });
    expect(await done).toBe(1);
    await expect(sql`select 1`).rejects.toMatchObject({ code: "CONNECTION_ENDED" });
  });
});
