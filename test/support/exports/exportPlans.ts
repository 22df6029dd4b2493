import { createHash } from "node:crypto";
import type { ExportLayout } from "@keepsake/contract/exportLayouts";
import type {
  ExportItem,
  ExportPlan,
  LayoutOptions,
  StoredImage,
} from "@keepsake/core/exports/layouts/exportPlan";
import { zipEntries } from "@keepsake/core/exports/layouts/zipEntries";
import { zipChunks } from "@keepsake/core/exports/zipChunks";

type PlanOptions = {
  trigger_word?: string | null;
  options?: LayoutOptions;
  /** Images in one zip. */
  perFile?: number;
};

/** A set of images with these captions. Every image differs, also from the control image of its item. */
export const itemsWith = (captions: (string | null)[], content_type = "image/png"): ExportItem[] =>
  captions.map((caption, position) => ({
    position,
    caption,
    image: storedImage(`image ${position}`, content_type),
    control: storedImage(`control ${position}`, content_type),
  }));

/** What a row would know of an image whose bytes are this text. */
export const storedImage = (text: string, content_type = "image/png"): StoredImage => ({
  image_id: text,
  key: text,
  visibility: "public",
  content_type,
  bytes: Buffer.byteLength(text),
  width: 64,
  height: 64,
  sha256: createHash("sha256").update(text).digest("hex"),
});

/** The plans of an export, one for each of its zips. */
export function plansOf(
  layout: ExportLayout,
  items: ExportItem[],
  { trigger_word = null, options = {}, perFile = items.length }: PlanOptions = {},
): ExportPlan[] {
  const fileCount = Math.ceil(items.length / perFile);
  return Array.from({ length: fileCount }, (_, fileIndex) => ({
    layout,
    trigger_word,
    options,
    items: items.slice(fileIndex * perFile, (fileIndex + 1) * perFile),
    fileIndex,
    fileCount,
  }));
}

/** The zips of an export, whose pictures are what `itemsWith` and `storedImage` were given. */
export const zipsOf = (...export_: Parameters<typeof plansOf>): Promise<Buffer[]> =>
  Promise.all(plansOf(...export_).map((plan) => zipOf(zipChunks(zipEntries(plan), imageBytes))));

export const imageBytes = async ({ key }: StoredImage) => Buffer.from(key);

/** Copies the chunks: a zip frees the memory of its pictures. */
export async function zipOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const copies: Buffer[] = [];
  for await (const chunk of chunks) copies.push(Buffer.from(chunk));
  return Buffer.concat(copies);
}

export async function allOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
