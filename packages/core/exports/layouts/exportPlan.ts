import type { ExportLayout } from "@keepsake/contract/exportLayouts";
import type { Image } from "@keepsake/contract/schemas";

/** What one zip of an export is made of. */
export type ExportPlan = {
  layout: ExportLayout;
  trigger_word: string | null;
  options: LayoutOptions;
  /** The items of this zip, in order. */
  items: ExportItem[];
  /** From 0. An export of several zips can be unpacked into one folder. */
  fileIndex: number;
  fileCount: number;
};

/** `repeats` and `class` name the folder of `kohya`. */
export type LayoutOptions = { repeats?: number | undefined; class?: string | undefined };

export type ExportItem = {
  /** From 0, over all zips of the export: it numbers the item's files. */
  position: number;
  caption: string | null;
  image: StoredImage;
  control: StoredImage | null;
};

/** What a row knows of a published image. Width and height in pixels, as it is displayed. */
export type StoredImage = {
  image_id: string;
  key: string;
  visibility: Image["visibility"];
  content_type: string;
  bytes: number;
  width: number;
  height: number;
  sha256: string;
};

/**
 * A file of a zip: a text, a picture, or parts that are made when its turn comes, which may turn out to be no file
 * at all.
 */
export type ZipEntry<Picture = StoredImage> = { name: string } & (
  | { text: string }
  | { picture: Picture }
  | { parts: () => AsyncIterable<string> | undefined }
);
