import { trainingFormat } from "../trainingFormat.ts";
import type { ExportItem, StoredImage, ZipEntry } from "./exportPlan.ts";

/** The number of an item in the names of its files, from `0001`, over all zips of an export. */
export const numberOf = ({ position }: Pick<ExportItem, "position">) =>
  String(position + 1).padStart(4, "0");

export const pictureFile = (folder: string, item: ExportItem, picture: StoredImage): ZipEntry => ({
  name: `${folder}${numberOf(item)}.${trainingFormat(picture).extension}`,
  picture,
});

/** The text file beside an item's picture; none without a caption. */
export const captionFile = (
  folder: string,
  item: ExportItem,
  text: string | undefined,
): ZipEntry[] => (text === undefined ? [] : [{ name: `${folder}${numberOf(item)}.txt`, text }]);
