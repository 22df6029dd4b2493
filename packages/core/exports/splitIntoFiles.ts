import type { ExportLayout } from "@keepsake/contract/exportLayouts";
import { limits } from "@keepsake/contract/limits";
import type { ExportItem } from "./layouts/exportPlan.ts";
import { expectedBytes } from "./trainingFormat.ts";

type Written = { layout: ExportLayout; size?: number | undefined };

/**
 * The items of each zip, in order: as many as fit into `pictures_per_export_file` and `export_file_bytes`, of which at
 * least one.
 */
export function splitIntoFiles(items: ExportItem[], written: Written): ExportItem[][] {
  const files: ExportItem[][] = [];
  let [pictures, bytes] = [0, 0];
  for (const item of items) {
    const added = picturesOf(item, written).length;
    const addedBytes = expectedItemBytes(item, written);
    const file = files.at(-1);
    const hasRoom =
      file !== undefined &&
      pictures + added <= limits.pictures_per_export_file &&
      bytes + addedBytes <= limits.export_file_bytes;
    if (hasRoom) file.push(item);
    else files.push([item]);
    pictures = hasRoom ? pictures + added : added;
    bytes = hasRoom ? bytes + addedBytes : addedBytes;
  }
  return files;
}

/** About how many bytes the pictures of an item take in a zip. */
export const expectedItemBytes = (item: ExportItem, written: Written): number =>
  picturesOf(item, written).reduce((sum, image) => sum + expectedBytes(image, written.size), 0);

const picturesOf = ({ image, control }: ExportItem, { layout }: Written) =>
  layout === "control" && control ? [image, control] : [image];
