/** The queue under `@keepsake/client/react`, for pages with another framework or none. */
/** @public */
export type { QueueState } from "./fileList.ts";
/** @public */
export type { QueuedFile, TotalProgress, UploadStatus } from "./queuedFile.ts";
/** @public */
export { createUploadQueue, type QueueOptions, type UploadQueue } from "./uploadQueue.ts";
