import type { ExportLayout } from "@keepsake/contract/exportLayouts";
import { controlEntries } from "./control.ts";
import type { ExportPlan, ZipEntry } from "./exportPlan.ts";
import { imagefolderEntries } from "./imagefolder.ts";
import { kohyaEntries } from "./kohya.ts";
import { pairsEntries } from "./pairs.ts";

/**
 * The files of one zip of an export, in order, under the names that the layout's trainers expect. The same
 * plan gives the same files. No two files of an export have the same name, also not in different zips.
 */
export const zipEntries = (plan: ExportPlan): ZipEntry[] => layouts[plan.layout](plan);

const layouts: Record<ExportLayout, (plan: ExportPlan) => ZipEntry[]> = {
  pairs: pairsEntries,
  kohya: kohyaEntries,
  imagefolder: imagefolderEntries,
  control: controlEntries,
};
