import type {
  Dataset,
  DatasetImage,
  DatasetItem,
  DatasetSummary,
} from "@keepsake/contract/api/datasets";
import * as images from "../images/images.sql.ts";
import { presentImage } from "../images/presentImage.ts";
import type { Services } from "../ports.ts";
import * as itemRows from "./datasetItems.sql.ts";
import * as rows from "./datasets.sql.ts";
import { datasetWarnings } from "./datasetWarnings.ts";

export type Reader = Pick<Services, "sql" | "privateUrls">;

/** Datasets as lists show them. */
export async function presentDatasets(
  services: Reader,
  owner_id: string,
  datasets: rows.DatasetRow[],
): Promise<DatasetSummary[]> {
  const covers = await imagesById(
    services,
    owner_id,
    datasets.map(({ cover_id }) => cover_id),
  );
  return datasets.map(({ cover_id, ...dataset }) => ({
    ...dataset,
    cover: (cover_id && covers.get(cover_id)) || null,
  }));
}

/** A dataset with its warnings; undefined when it is not the owner's. */
export async function findDataset(
  services: Reader,
  owner_id: string,
  dataset_id: string,
): Promise<Dataset | undefined> {
  const { sql } = services;
  const [row, items] = await Promise.all([
    rows.find(sql, owner_id, dataset_id),
    itemRows.findToCheck(sql, owner_id, dataset_id),
  ]);
  if (!row) return undefined;
  const [dataset] = await presentDatasets(services, owner_id, [row]);
  return { ...dataset!, warnings: datasetWarnings(items) };
}

/** Items as callers see them. One whose image was just deleted is left out. */
export async function presentItems(
  services: Reader,
  owner_id: string,
  items: itemRows.ItemRow[],
): Promise<DatasetItem[]> {
  const ids = items.flatMap(({ image_id, control_image_id }) => [image_id, control_image_id]);
  const byId = await imagesById(services, owner_id, ids);
  return items.flatMap(({ image_id, place, caption, control_image_id }) => {
    const image = byId.get(image_id);
    const control_image = (control_image_id && byId.get(control_image_id)) || null;
    return image ? [{ image, position: place, caption, control_image }] : [];
  });
}

async function imagesById(services: Reader, owner_id: string, ids: (string | null)[]) {
  const image_ids = [...new Set(ids.filter((id) => id !== null))];
  if (image_ids.length === 0) return new Map<string, DatasetImage>();
  const found = await images.findSome(services.sql, owner_id, image_ids);
  const presented = await Promise.all(found.map((row) => presentDatasetImage(services, row)));
  return new Map(presented.map((image) => [image.image_id, image]));
}

async function presentDatasetImage(services: Reader, row: images.ImageRow): Promise<DatasetImage> {
  const { alt: _, caption: __, tags: ___, ...image } = await presentImage(services, row);
  return image;
}
