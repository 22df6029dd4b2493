import { AppError } from "@keepsake/contract/errors";
import type { Sql } from "postgres";
import type { ClaimedFile } from "./exportFiles.sql.ts";
import { storedColumns } from "./exports.sql.ts";
import type { ExportItem, StoredImage } from "./layouts/exportPlan.ts";

/** The items of a zip in order, with their images as they are stored. `image.deleted` when one has no row any more. */
export async function findFileItems(
  sql: Sql,
  { export_id, file_index }: ClaimedFile,
): Promise<ExportItem[]> {
  const items = await sql<
    { position: number; caption: string | null; image_id: string; control: string | null }[]
  >`
    select position, caption, image_id, control_image_id as control from export_items
    where export_id = ${export_id} and file_index = ${file_index}
    order by position
  `;
  if (items.length === 0) throw new Error("The export has ended");
  const ids = items.flatMap(({ image_id, control }) => (control ? [image_id, control] : image_id));
  const images = await sql<StoredImage[]>`
    select ${storedColumns(sql)} from images where image_id in ${sql(ids)}
  `;
  const byId = new Map(images.map((image) => [image.image_id, image]));
  const imageOf = (image_id: string) => {
    const image = byId.get(image_id);
    if (image) return image;
    throw new AppError("image.deleted", `Image ${image_id} was deleted: start a new export`);
  };
  return items.map(({ position, caption, image_id, control }) => ({
    ...{ position, caption, image: imageOf(image_id) },
    control: control === null ? null : imageOf(control),
  }));
}
