import type { QueuedFile, Upload } from "@keepsake/client/react";
import type { Image } from "@keepsake/contract/schemas";
import { placeOfDataset, useUploads } from "../../images/UploadsProvider.tsx";

export type UploadsIntoDataset = Pick<Upload, "remove" | "retry"> & {
  add(files: File[]): void;
  /** Those that are not in the dataset yet. */
  files: QueuedFile[];
};

/** Uploads files, and calls `onPublished` with each as soon as it is an image, also after the page was left. */
export function useUploadsIntoDataset(
  dataset_id: string,
  onPublished: (images: Image[]) => void,
): UploadsIntoDataset {
  const { addFor, filesFor, remove, retry } = useUploads();
  return {
    add: (files) => addFor(placeOfDataset(dataset_id), files, onPublished),
    files: filesFor(placeOfDataset(dataset_id)),
    remove,
    retry,
  };
}
