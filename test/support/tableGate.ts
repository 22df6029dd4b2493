import { setTimeout as sleep } from "node:timers/promises";
import type { Sql } from "postgres";
import { onTestFinished } from "vitest";

type Operation = "insert" | "update" | "delete";

/**
 * Makes statements of one kind on a table wait before they touch a row, until `open`: two requests can so be
 * held at the same place. `waiting` resolves when this many connections to the database wait for a lock.
 */
export async function closeGate(sql: Sql, table: string, operation: Operation) {
  await sql.unsafe(`
    create or replace function wait_at_gate() returns trigger language plpgsql as $$
    begin
      perform pg_advisory_xact_lock_shared(4711);
      return null;
    end $$;
    create trigger gate before ${operation} on ${table}
      for each statement execute function wait_at_gate();
  `);
  const connection = await sql.reserve();
  await connection`select pg_advisory_lock(4711)`;
  let isOpen = false;
  /** Lets the statements go on, at the latest when the test ends. The trigger goes when they have ended. */
  async function open() {
    if (isOpen) return;
    isOpen = true;
    await connection`select pg_advisory_unlock(4711)`;
    connection.release();
    await sql.unsafe(`drop trigger gate on ${table}`);
  }
  onTestFinished(open);
  return { waiting: (count: number) => untilWaiting(sql, count), open };
}

/** Resolves when this many connections to the database wait for a lock. Throws after 10 s. */
export async function untilWaiting(sql: Sql, count: number) {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(10)) {
    const rows = await sql`
      select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'
    `;
    if (rows.length >= count) return;
  }
  throw new Error(`Fewer than ${count} connections waited for a lock within 10 s`);
}
