import { publicBucket } from "@keepsake/adapters/cloud/r2";
import { discordFiles } from "@keepsake/adapters/platforms/discordFiles";
import { urlFiles } from "@keepsake/adapters/platforms/urlFiles";
import { decoder } from "@keepsake/functions/services/decoder";
import { type BackfillServices, backfill } from "@keepsake/ops/backfill/backfill";
import { parseFlags } from "@keepsake/ops/backfill/flags";
import type { NotedRow, SkippedRow } from "@keepsake/ops/backfill/progressListener";
import type { Sql } from "postgres";
import { inject } from "vitest";

/** The host whose URLs a backfill of the tests fetches, and what stands in for it. */
export const allowedHost = "pictures.example.com";

/** Runs a backfill of a table in a test's own database by its flags, with some services replaced. */
export async function runBackfill(
  { sql }: { sql: Sql },
  flags: string[],
  {
    origin = "http://127.0.0.1:9",
    ...replaced
  }: Partial<BackfillServices> & { origin?: string } = {},
) {
  const { r2 } = inject("backends");
  const { imagesBucket: bucket, incomingBucket: _, ...link } = r2;
  const { databaseUrl: __, report: ___, ...options } = parseFlags([...databaseFlag(sql), ...flags]);
  const skipped: SkippedRow[] = [];
  const noted: NotedRow[] = [];
  const services: BackfillServices = {
    ...{ sql, keepsake: sql, decoder: decoder(), secret: r2.secretAccessKey },
    images: publicBucket({ bucket, ...link }),
    sources: {
      discord: discordFiles({ origins: origin }),
      url: urlFiles({ hosts: allowedHost, standIns: `${allowedHost}=${origin}` }),
      telegramOrigins: [origin],
    },
    urls: { discordOrigins: [origin], hosts: [allowedHost], publicUrl: r2.publicUrl },
    ...replaced,
  };
  const result = await backfill(services, options, {
    start() {},
    progress() {},
    skip: (row) => skipped.push(row),
    note: (row) => noted.push(row),
  });
  return { ...result, skipped, noted };
}

/** The flag that names a test's own database. */
export function databaseFlag(sql: Sql): string[] {
  const { host, port, database, user, pass } = sql.options;
  const at = `${host}:${port}/${database}`;
  return ["--database-url", `postgres://${user}:${encodeURIComponent(String(pass))}@${at}`];
}
