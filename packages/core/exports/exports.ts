import type { Input, Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import { datasetNotFound } from "../datasets/datasetNotFound.ts";
import { isOwn } from "../datasets/datasets.sql.ts";
import { endExports } from "../images/endExports.ts";
import type { Services } from "../ports.ts";
import * as rows from "./exports.sql.ts";
import { presentExport } from "./presentExport.ts";

type Owned = { owner_id: string };
type Reader = Pick<Services, "sql" | "privateUrls">;

export async function get(
  services: Reader,
  { owner_id, export_id }: Input<"getExport"> & Owned,
): Promise<Output<"getExport">> {
  const row = await rows.find(services.sql, owner_id, export_id);
  if (!row) throw exportNotFound();
  return { export: await presentExport(services, row) };
}

export async function list(
  services: Reader,
  { owner_id, dataset_id }: Input<"listExports"> & Owned,
): Promise<Output<"listExports">> {
  const [isOwnDataset, found] = await Promise.all([
    isOwn(services.sql, owner_id, dataset_id),
    rows.listOf(services.sql, owner_id, dataset_id),
  ]);
  if (!isOwnDataset) throw datasetNotFound();
  return { exports: await Promise.all(found.map((row) => presentExport(services, row))) };
}

/** The exports of everything that an owner has. */
export async function listOfEverything(
  services: Reader,
  { owner_id }: Owned,
): Promise<Output<"listOwnerExports">> {
  const found = await rows.listOfEverything(services.sql, owner_id);
  return { exports: await Promise.all(found.map((row) => presentExport(services, row))) };
}

/** Ends an export, running or not. Its zips are erased, also what its consumer is still writing. Safe to repeat for a week. */
export function remove(
  { sql }: Pick<Services, "sql">,
  { owner_id, export_id }: Input<"deleteExport"> & Owned,
): Promise<Output<"deleteExport">> {
  return sql.begin(async (tx) => {
    if (!(await rows.lock(tx, owner_id, export_id))) throw exportNotFound();
    await endExports(tx, { export_ids: [export_id] }, { status: "deleted" });
    await rows.markDeleted(tx, export_id);
    return undefined;
  });
}

const exportNotFound = () =>
  new AppError("export.not_found", "You have no export with this id: check the id");
