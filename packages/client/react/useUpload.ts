import { useEffect, useInsertionEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { Client } from "../client.ts";
import { defaultAccept } from "../queue/checkFile.ts";
import type { QueueState } from "../queue/fileList.ts";
import { createUploadQueue, type QueueOptions, type UploadQueue } from "../queue/uploadQueue.ts";
import { useKeepsake } from "./KeepsakeProvider.tsx";
import { imageLists } from "./stores/imageListStore.ts";

export type UseUploadOptions = QueueOptions;

/** A queue of uploads and its state. The functions never change. */
export type Upload = QueueState &
  Pick<UploadQueue, "add" | "cancel" | "retry" | "remove" | "clear"> & {
    /** For the `accept` of a file input. */
    accept: string;
    maxFiles: number | undefined;
  };

/**
 * Uploads files, three at a time, with the progress of each and of all. It waits while the browser is offline or the
 * server takes no more, and then goes on. What it publishes appears in `useImages`. A component that unmounts cancels
 * its uploads: call it in a layout to keep them.
 */
export function useUpload(options: UseUploadOptions = {}): Upload {
  const client = useKeepsake();
  const create = () => ({ client, queue: createUploadQueue(client, listing(client, options)) });
  const [kept, keep] = useState(create);
  const current = kept.client === client ? kept : create();
  if (current !== kept) keep(current);
  const { queue } = current;
  // before any effect, in which a component may add files
  useInsertionEffect(() => queue.setOptions(listing(client, options)));
  useEffect(() => queue.stop, [queue]);

  const state = useSyncExternalStore(queue.subscribe, queue.getSnapshot, queue.getSnapshot);
  const { accept = defaultAccept, maxFiles } = options;
  return useMemo(
    () => ({ ...queue, ...state, accept, maxFiles }),
    [queue, state, accept, maxFiles],
  );
}

/** The options of a queue whose images appear in the client's lists. */
const listing = (client: Client, options: UseUploadOptions): QueueOptions => ({
  ...options,
  onPublished(image, file) {
    imageLists(client).put(image);
    options.onPublished?.(image, file);
  },
});
