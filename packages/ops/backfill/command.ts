import { appendFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { connect } from "@keepsake/adapters/cloud/postgres";
import { encryptionProblem, readDatabaseUrl, tlsAdvice } from "@keepsake/contract/databaseUrl";
import { discordOrigins } from "@keepsake/contract/platformHosts";
import { decoder } from "@keepsake/functions/services/decoder";
import { platforms } from "@keepsake/functions/services/rehostPlatforms";
import { images } from "@keepsake/functions/services/storage";
import { links } from "../links.ts";
import { backfill } from "./backfill.ts";
import { terminalReporter } from "./terminal.ts";

/**
 * `npm run backfill`: publishes the portraits of a product's own table and writes their URLs there. With
 * `--variants` it makes smaller copies of what Keepsake published before.
 */
export async function main(args: string[]) {
  const rest = args.filter((arg) => arg !== "--variants");
  if (rest.length < args.length) return (await import("../variants/command.ts")).main(rest);
  const { databaseUrl, report, ...options } = parseFlags(args);
  const { secretAccessKey, publicUrl } = links.images();
  const sql = connect({ url: databaseUrl, pool: 2 });
  const reporter = terminalReporter(process.stdout);
  if (report) writeFileSync(report, "");
  try {
    const result = await backfill(
      {
        sql,
        images: images(),
        decoder: decoder(),
        discord: platforms().discord,
        telegramOrigins: ["https://api.telegram.org", new URL(links.telegram().api).origin],
        discordOrigins,
        publicUrl,
        secret: secretAccessKey,
      },
      options,
      {
        ...reporter,
        skip(row) {
          if (report) appendFileSync(report, `${JSON.stringify(row)}\n`);
          else reporter.skip(row);
        },
      },
    );
    reporter.end(result, options.dryRun);
  } finally {
    reporter.stop();
    await sql.end({ timeout: 2 });
  }
}

function parseFlags(args: string[]) {
  const text = (standard: string) => ({ type: "string" as const, default: standard });
  const { values } = parseArgs({
    args,
    options: {
      "database-url": { type: "string" },
      table: text("lore_pieces"),
      id: text("id"),
      "world-id": text("world_id"),
      details: text("details"),
      batch: text("20"),
      limit: { type: "string" },
      "dry-run": { type: "boolean", default: false },
      report: { type: "string" },
    },
  });
  const { "database-url": databaseUrl = "", limit, report } = values;
  if (!/^postgres(ql)?:$/.test(URL.parse(databaseUrl)?.protocol ?? ""))
    throw new Error("Name the product's database: -- --database-url postgres://…");
  if (readDatabaseUrl(databaseUrl).encryption === "missing")
    throw new Error(`${encryptionProblem(databaseUrl)}: ${tlsAdvice}`);
  return {
    databaseUrl,
    report,
    table: values.table,
    id: values.id,
    worldId: values["world-id"],
    details: values.details,
    batch: parseCount("batch", values.batch, 100),
    limit: limit === undefined ? Number.POSITIVE_INFINITY : parseCount("limit", limit),
    dryRun: values["dry-run"],
  };
}

function parseCount(flag: string, value: string, max = Number.MAX_SAFE_INTEGER) {
  if (!/^[1-9]\d*$/.test(value) || Number(value) > max)
    throw new Error(
      `--${flag} takes a whole number from 1${max < 1e6 ? ` to ${max}` : ""}, not ${value}`,
    );
  return Number(value);
}
