import type { Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import { everything } from "@keepsake/contract/exportLayouts";
import { limits } from "@keepsake/contract/limits";
import type { TransactionSql } from "postgres";
import { lockLinkedOwners } from "../linkedOwners.sql.ts";
import { newId } from "../newId.ts";
import type { Services } from "../ports.ts";
import { sendOrMarkUnsent } from "../sendOrMarkUnsent.ts";
import { lockSnapshots } from "./everything/takeSnapshot.sql.ts";
import { takeSnapshot } from "./everything/takeSnapshot.ts";
import { markUnsent } from "./exportFiles.sql.ts";
import { requireExportQuota } from "./exportQuota.ts";
import * as rows from "./exports.sql.ts";
import { type ExportRow, presentExport } from "./presentExport.ts";

/**
 * Takes a snapshot of everything that an owner has, linked Telegram accounts included, and queues its zips. Answers
 * the ready export when nothing has changed, or the running one. `export.running` while an export of a dataset runs,
 * `export.too_many` beyond `owner_exports_per_day`, `export.too_large` beyond `owner_export_bytes`.
 */
export async function exportOwner(
  services: Pick<Services, "sql" | "exportQueue" | "privateUrls">,
  { owner_id }: { owner_id: string },
): Promise<Output<"exportOwner">> {
  const { sql, exportQueue } = services;
  const { row, messages } = await sql
    .begin((tx) => begin(tx, owner_id))
    .catch((error) => {
      if (error instanceof SameContent) return { row: error.row, messages: [] };
      throw error;
    });
  await sendOrMarkUnsent(exportQueue, messages, (unsent) => markUnsent(sql, unsent));
  return { export: await presentExport(services, row) };
}

async function begin(tx: TransactionSql, owner_id: string) {
  await lockSnapshots(tx, owner_id);
  const owners = await lockLinkedOwners(tx, owner_id);
  const export_id = newId();
  const inserted = await rows.insert(tx, {
    ...{ export_id, owner_id, dataset_id: null, layout: everything, options: {} },
    ...{ name: "Everything", trigger_word: null, warnings: [] },
    ...{ items: 0, files: 0, content_sha256: "" },
  });
  if (!inserted) return { row: await runningOne(tx, owner_id), messages: [] };
  await requireExportQuota(tx, owner_id, everything);
  const { bytes, ...contents } = await takeSnapshot(tx, export_id, owners);
  const same = await rows.findSameOfEverything(tx, owner_id, contents.content_sha256);
  if (same) throw new SameContent(same); // takes back what was written
  requireFitting(bytes);
  const row = await rows.setContents(tx, export_id, contents);
  const filenames = Array.from({ length: contents.files }, (_, index) =>
    contents.files === 1
      ? "keepsake-everything.zip"
      : `keepsake-everything-${index + 1}-of-${contents.files}.zip`,
  );
  return { row, messages: await rows.insertFiles(tx, export_id, filenames) };
}

/** The owner's running export of everything. */
async function runningOne(tx: TransactionSql, owner_id: string): Promise<ExportRow> {
  const running = await rows.findRunning(tx, owner_id);
  const row = running && (await rows.findOfEverything(tx, owner_id, running.export_id));
  if (row) return row;
  throw new AppError(
    "export.running",
    "An export of one of your datasets is running: wait until it is ready, or delete it",
    { ...(running && { details: running }), retryAfterSeconds: 10 },
  );
}

function requireFitting(bytes: number) {
  if (bytes <= limits.owner_export_bytes) return;
  const [gb, mostGb] = [Math.ceil(bytes / 1e9), limits.owner_export_bytes / 1e9];
  throw new AppError(
    "export.too_large",
    `Your pictures have ${gb} GB, and at most ${mostGb} GB are exported at once: download some with the addresses of \`GET /images\``,
  );
}

/** Ends the transaction without an error for the caller. */
class SameContent extends Error {
  override readonly name = "SameContent";
  readonly row: ExportRow;

  constructor(row: ExportRow) {
    super("A ready export has the same content");
    this.row = row;
  }
}
