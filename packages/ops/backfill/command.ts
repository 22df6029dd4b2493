import { appendFileSync, writeFileSync } from "node:fs";
import { connect } from "@keepsake/adapters/cloud/postgres";
import { discordOrigins } from "@keepsake/contract/discordOrigins";
import { images } from "@keepsake/functions/services/buckets";
import { decoder } from "@keepsake/functions/services/decoder";
import { platforms } from "@keepsake/functions/services/rehostDownloads";
import { links } from "../links.ts";
import { backfill } from "./backfill.ts";
import { help, parseFlags } from "./flags.ts";
import { terminalReporter } from "./printProgress.ts";

/**
 * `npm run backfill`: publishes the pictures of a product's own table and writes their URLs there. With
 * `--variants` it makes smaller copies of what Keepsake published before.
 */
export async function main(args: string[]) {
  if (args.includes("--help")) return void process.stdout.write(help);
  const rest = args.filter((arg) => arg !== "--variants");
  if (rest.length < args.length) return (await import("../variants/command.ts")).main(rest);
  const { databaseUrl, report, ...options } = parseFlags(args);
  const { secretAccessKey, publicUrl } = links.images();
  const sql = connect({ url: databaseUrl, pool: 2 });
  const keepsake = connect({ url: links.database().url, pool: 4 }); // on first use
  const reporter = terminalReporter(process.stdout);
  const append = (row: object) => {
    if (report) appendFileSync(report, `${JSON.stringify(row)}\n`);
  };
  if (report) writeFileSync(report, "");
  if (options.worldId !== undefined) reporter.warnWithoutOwner();
  try {
    const result = await backfill(
      {
        sql,
        keepsake,
        images: images(),
        decoder: decoder(),
        sources: {
          discord: platforms().discord,
          url: platforms().url,
          telegramOrigins: ["https://api.telegram.org", new URL(links.telegram().api).origin],
        },
        urls: { discordOrigins, hosts: links.rehostHosts(), publicUrl },
        secret: secretAccessKey,
      },
      options,
      {
        ...reporter,
        skip(row) {
          if (report) append(row);
          else reporter.skip(row);
        },
        note(row) {
          append(row);
          reporter.note(row);
        },
      },
    );
    reporter.end(result, options.dryRun);
  } finally {
    reporter.stop();
    await Promise.all([sql.end({ timeout: 2 }), keepsake.end({ timeout: 2 })]);
  }
}
