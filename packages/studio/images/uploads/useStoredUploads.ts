import type { QueuedFile, Upload } from "@keepsake/client/react";
import { limits } from "@keepsake/contract/limits";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import {
  deleteStoredUpload,
  newUploadKey,
  type StoredUpload,
  storeUpload,
} from "./storedUploads.ts";
import { isPublished, isUnfinished, waitsForConnection } from "./uploadStates.ts";
import type { UploadTab } from "./uploadTabs.ts";

type Entry = { upload: Promise<StoredUpload>; isStored: boolean; place: string | undefined };

export type StoredQueue = {
  /** Adds files to the queue, stores them, and returns their ids. */
  add(files: Iterable<File>, place?: string): string[];
  /** Adds files that are stored already, but for those that `add` has stored since the page was opened. */
  resume(uploads: StoredUpload[]): void;
  /** This browser could not store a file: closing the page would lose it. */
  isUnstored: boolean;
};

/** Files are sent again so long after nothing answered for half a minute. */
const sendAgainMs = 15_000;

/**
 * Keeps the files of a queue in this browser until each is published, refused for good, or taken off the list, and sends
 * them for as long as nothing answers. `finish` is what remains to do with a published one; until then it stays stored.
 */
export function useStoredUploads(
  { add, retry, files }: Upload,
  owner: string,
  tab: UploadTab,
  finish: (file: QueuedFile, place: string | undefined) => Promise<unknown> | undefined,
): StoredQueue {
  const entries = useRef(new Map<string, Entry>()).current;
  /** The ids in the keys of files that were added. */
  const added = useRef(new Set<string>()).current;
  const [storedCount, setStoredCount] = useState(0);
  const [isUnstored, setIsUnstored] = useState(false);

  const queue = useMemo(
    () => ({
      add(files: Iterable<File>, place?: string) {
        const list = [...files];
        const ids = add(list);
        tab.announce();
        for (const [index, file] of list.entries()) {
          if (file.size === 0 || file.size > limits.image_bytes) continue; // it has failed
          const key = newUploadKey(owner);
          added.add(key[2]);
          const entry: Entry = {
            upload: tab.name.then((tab) => ({ key, file, tab, place })),
            isStored: false,
            place,
          };
          entries.set(ids[index]!, entry);
          entry.upload.then(storeUpload).then((isStored) => {
            entry.isStored = isStored;
            if (isStored) setStoredCount((count) => count + 1);
            else if (entries.has(ids[index]!)) setIsUnstored(true);
          });
        }
        return ids;
      },
      resume(stored: StoredUpload[]) {
        const uploads = stored.filter(({ key }) => !added.has(key[2]));
        const ids = add(uploads.map(({ file }) => file));
        for (const [index, upload] of uploads.entries())
          entries.set(ids[index]!, {
            upload: Promise.resolve(upload),
            isStored: true,
            place: upload.place,
          });
      },
    }),
    [add, entries, added, owner, tab],
  );

  useEffect(() => {
    const byId = new Map(files.map((file) => [file.id, file]));
    for (const [id, { upload, place }] of entries) {
      const file = byId.get(id);
      if (file && isUnfinished(file)) continue;
      entries.delete(id);
      const finished = file && isPublished(file) && finish(file, place);
      // after it was stored
      Promise.all([upload, finished]).then(
        ([upload]) => deleteStoredUpload(upload),
        () => {},
      );
    }
  }, [files, entries, finish]);

  const isWaiting = files.some((file) => file.status === "failed" && waitsForConnection(file));
  const sendAgain = useCallback(() => {
    for (const file of files)
      if (file.status === "failed" && waitsForConnection(file)) retry(file.id);
  }, [files, retry]);
  useEffect(() => {
    if (!isWaiting) return;
    const timer = setTimeout(sendAgain, sendAgainMs);
    addEventListener("online", sendAgain);
    return () => {
      clearTimeout(timer);
      removeEventListener("online", sendAgain);
    };
  }, [isWaiting, sendAgain]);

  // storedCount: asked again when another file is stored
  const wouldLose = useMemo(
    () =>
      storedCount >= 0 &&
      files.some((file) => isUnfinished(file) && !entries.get(file.id)?.isStored),
    [files, entries, storedCount],
  );
  useEffect(() => {
    if (!wouldLose) return;
    const warn = (event: Event) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [wouldLose]);

  return useMemo(() => ({ ...queue, isUnstored }), [queue, isUnstored]);
}
