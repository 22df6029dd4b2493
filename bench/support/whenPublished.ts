import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "./createDatabase.ts";

/** Resolves when no portrait and no image is pending; fails after two minutes. */
export async function whenPublished({ sql }: Database) {
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; await sleep(20)) {
    const [row] = await sql<[{ pending: number }]>`
      select (select count(*) from lore_pieces where portrait_status = 'pending')::integer +
             (select count(*) from images where status = 'pending')::integer as pending
    `;
    if (row.pending === 0) return;
  }
  throw new Error("Images were pending for two minutes");
}
