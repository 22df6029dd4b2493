import type { Input, Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import type { ExportLayout } from "@keepsake/contract/exportLayouts";
import { limits } from "@keepsake/contract/limits";
import type { TransactionSql } from "postgres";
import { datasetNotFound } from "../datasets/datasetNotFound.ts";
import { datasetWarnings } from "../datasets/datasetWarnings.ts";
import { lockLinkedOwners } from "../linkedOwners.sql.ts";
import { newId } from "../newId.ts";
import type { Services } from "../ports.ts";
import { sendOrMarkUnsent } from "../sendOrMarkUnsent.ts";
import { contentSha256 } from "./contentSha256.ts";
import { markUnsent } from "./exportFiles.sql.ts";
import { optionsOf } from "./exportOptions.ts";
import { requireExportQuota } from "./exportQuota.ts";
import * as rows from "./exports.sql.ts";
import type { ExportItem } from "./layouts/exportPlan.ts";
import { presentExport } from "./presentExport.ts";
import { expectedItemBytes, splitIntoFiles } from "./splitIntoFiles.ts";

type Request = Input<"createExport"> & { owner_id: string };

/**
 * Takes a snapshot of a dataset and queues its zips. The same content answers the owner's ready export of this
 * dataset, or the running one. `export.running` while the owner has another one running, `export.too_many` beyond
 * `exports_per_day`, `dataset.empty`, `dataset.control_missing` and `export.too_large` for what cannot be exported.
 */
export async function createExport(
  services: Pick<Services, "sql" | "exportQueue" | "privateUrls">,
  { owner_id, dataset_id, layout, ...sent }: Request,
): Promise<Output<"createExport">> {
  const { sql, exportQueue } = services;
  const options = optionsOf({ layout, ...sent });

  const { row, messages } = await sql.begin(async (tx) => {
    await lockLinkedOwners(tx, owner_id); // before datasets, as when an owner is erased
    const dataset = await rows.lockDataset(tx, owner_id, dataset_id);
    if (!dataset) throw datasetNotFound();
    const items = await rows.lockItems(tx, owner_id, dataset_id);
    requireExportable(layout, items);
    requireFitting(items, { layout, ...options });
    const content_sha256 = contentSha256({ layout, options, items, ...dataset });
    const existing = await rows.findSame(tx, owner_id, dataset_id, content_sha256);
    if (existing) return { row: existing, messages: [] };

    const export_id = newId();
    const files = splitIntoFiles(items, { layout, ...options });
    const about = { export_id, owner_id, dataset_id, layout, options, content_sha256 };
    const inserted = await rows.insert(tx, {
      ...{ ...about, ...dataset, items: items.length, files: files.length },
      warnings: datasetWarnings(items.map(checkedItem)),
    });
    if (!inserted) return { row: await runningOne(tx, owner_id, about), messages: [] };
    await requireExportQuota(tx, owner_id, layout);
    await rows.insertItems(tx, export_id, files);
    const filenames = files.map((_, index) =>
      filenameOf(dataset.name, layout, index, files.length),
    );
    const queued = await rows.insertFiles(tx, export_id, filenames);
    return { row: inserted, messages: queued };
  });

  await sendOrMarkUnsent(exportQueue, messages, (unsent) => markUnsent(sql, unsent));
  return { export: await presentExport(services, row) };
}

const checkedItem = ({ image, caption, control }: ExportItem) => ({
  ...image,
  has_caption: Boolean(caption),
  control_width: control?.width ?? null,
  control_height: control?.height ?? null,
});

function requireExportable(layout: ExportLayout, items: ExportItem[]) {
  if (items.length === 0)
    throw new AppError("dataset.empty", "This dataset has no images: add some first");
  const missing = layout === "control" ? items.filter(({ control }) => control === null) : [];
  if (missing.length > 0)
    throw new AppError(
      "dataset.control_missing",
      "The layout control needs a control image for every image: set control_image_id of those in details",
      { details: { image_ids: missing.slice(0, 100).map(({ image }) => image.image_id) } },
    );
}

/** One export may not keep the consumers from those of other owners for hours. */
function requireFitting(items: ExportItem[], written: Parameters<typeof expectedItemBytes>[1]) {
  const bytes = items.reduce((sum, item) => sum + expectedItemBytes(item, written), 0);
  if (bytes <= limits.export_bytes) return;
  const [gb, mostGb] = [Math.ceil(bytes / 1e9), limits.export_bytes / 1e9];
  throw new AppError(
    "export.too_large",
    `This export would have about ${gb} GB, and at most ${mostGb} GB are written: give a smaller \`size\`, such as 2048, or export fewer images`,
  );
}

/** The export that kept another one from being inserted, when it has the same content. */
async function runningOne(
  tx: TransactionSql,
  owner_id: string,
  { dataset_id, content_sha256 }: { dataset_id: string; content_sha256: string },
) {
  const same = await rows.findSame(tx, owner_id, dataset_id, content_sha256);
  if (same) return same;
  const running = await rows.findRunning(tx, owner_id);
  throw new AppError(
    "export.running",
    "Another export of yours is running: wait until it is ready, or delete it",
    { ...(running && { details: running }), retryAfterSeconds: 10 },
  );
}

/** Such as `portraits-of-mira-pairs-1-of-2.zip`. */
function filenameOf(name: string, layout: ExportLayout, index: number, count: number): string {
  const words = name
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9]+/g, "-")
    .slice(0, 60)
    .replace(/^-|-$/g, "")
    .toLowerCase();
  const part = count > 1 ? `-${index + 1}-of-${count}` : "";
  return `${words || "dataset"}-${layout}${part}.zip`;
}
