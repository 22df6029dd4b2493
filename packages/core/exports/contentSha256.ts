import { createHash } from "node:crypto";
import type { ExportLayout } from "@keepsake/contract/exportLayouts";
import type { ExportOptions } from "./exportOptions.ts";
import type { ExportItem, StoredImage } from "./layouts/exportPlan.ts";

/** To be raised when the same export would be written with other bytes. */
const writerVersion = 1;

type Content = {
  layout: ExportLayout;
  options: ExportOptions;
  trigger_word: string | null;
  items: ExportItem[];
};

/** A SHA-256 of all that decides the bytes of an export's zips: equal content makes equal zips. */
export function contentSha256({ layout, options, trigger_word, items }: Content): string {
  const { repeats, class: kind, size } = options;
  const content = [
    ...[writerVersion, layout, repeats, kind, size, trigger_word],
    items.map(({ caption, image, control }) => [
      ...identityOf(image),
      caption,
      control && identityOf(control),
    ]),
  ];
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}

const identityOf = ({ image_id, sha256 }: StoredImage) => [image_id, sha256];
