"use client";

/** @public */
export type {
  QueuedFile,
  TotalProgress,
  UploadStatus,
} from "../queue/queuedFile.ts";
/** @public */
export { Dropzone, type DropzoneProps, type DropzoneState } from "./components/Dropzone.tsx";
/** @public */
export { UploadButton, type UploadButtonProps } from "./components/UploadButton.tsx";
/** @public */
export { UploadList, type UploadListProps } from "./components/UploadList.tsx";
/** @public */
export { UploadProgress, type UploadProgressProps } from "./components/UploadProgress.tsx";
/** @public */
export {
  KeepsakeProvider,
  type KeepsakeProviderProps,
  useKeepsake,
} from "./KeepsakeProvider.tsx";
/** @public */
export { type Images, type UseImagesOptions, useImages } from "./useImages.ts";
/** @public */
export { type Upload, type UseUploadOptions, useUpload } from "./useUpload.ts";
/** @public */
export { useWorld, type WorldState } from "./useWorld.ts";
