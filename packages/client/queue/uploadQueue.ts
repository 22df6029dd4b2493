import { KeepsakeError } from "../keepsakeError.ts";
import { checkFile, defaultAccept, withType } from "./checkFile.ts";
import { mayPass } from "./failureReactions.ts";
import { createFileList, type QueueState } from "./fileList.ts";
import { createSender, type SendingOptions } from "./fileSender.ts";
import type { QueuedFile } from "./queuedFile.ts";
import type { QueueClient } from "./sendFile.ts";

export type QueueOptions = SendingOptions & {
  /** As the attribute of a file input: every format that Keepsake publishes by default. */
  accept?: string | undefined;
  /** Files that the list may hold; those that failed or were cancelled do not count. */
  maxFiles?: number | undefined;
};

export type UploadQueue = {
  subscribe(listener: () => void): () => void;
  /** The same object until something changes. */
  getSnapshot(): QueueState;
  /** Replaces the options. Files that are being sent keep theirs. */
  setOptions(options: QueueOptions): void;
  /** Adds files to the end of the queue and returns their ids. Those that cannot be published fail at once. */
  add(files: Iterable<File>): string[];
  /**
   * Cancels a file, or all: nothing of it is published. One that is being checked cannot be cancelled, and one that
   * turns out to be published already is shown so.
   */
  cancel(id?: string): void;
  /** Sends a file again that failed or was cancelled. Without an id: all that failed, and a wait ends now. */
  retry(id?: string): void;
  /** Cancels a file and takes it off the list. One that is being checked is published nevertheless. */
  remove(id: string): void;
  /** Takes the finished files off the list: published, failed and cancelled ones, or those of some of these states. */
  clear(...states: Finished[]): void;
  /** Cancels everything and then listens to nothing any more, for a page that leaves. Files may be added again. */
  stop(): void;
};

type Finished = "published" | "failed" | "cancelled";

/**
 * Uploads files in order, three at a time. While the connection is down or the server takes no more uploads it waits,
 * then goes on by itself. `subscribe` and `getSnapshot` are what React's `useSyncExternalStore` needs.
 */
export function createUploadQueue(
  client: QueueClient,
  initialOptions: QueueOptions = {},
): UploadQueue {
  let options = initialOptions;
  let added = 0;
  const list = createFileList();
  const sender = createSender(client, list, () => options);

  return {
    subscribe: list.subscribe,
    getSnapshot: list.getSnapshot,
    setOptions(changed) {
      options = changed;
    },
    add(files) {
      const queued = withinLimits(Array.from(files, (file) => toQueued(withType(file))));
      list.startBatch(queued.map(({ id }) => id));
      list.set([...list.files(), ...queued]);
      for (const { error, file } of queued) if (error) options.onError?.(error, file);
      sender.sendWaiting();
      return queued.map(({ id }) => id);
    },
    cancel(id) {
      sender.cancel((file) => id === undefined || file.id === id);
      sender.sendWaiting();
    },
    retry(id) {
      const isMeant = (file: QueuedFile) =>
        file.canRetry && (id === undefined ? file.status === "failed" : file.id === id);
      const ids = list.files().flatMap((file) => (isMeant(file) ? [file.id] : []));
      list.startBatch(ids);
      const kept = list.files().filter((file) => !isMeant(file));
      const again = withinLimits(list.files().filter(isMeant).map(waitingAgain), kept);
      const byId = new Map(again.map((file) => [file.id, file]));
      list.set(list.files().map((file) => byId.get(file.id) ?? file));
      sender.tryNow(ids);
    },
    remove(id) {
      sender.cancel((file) => file.id === id);
      sender.drop((file) => file.id === id);
      sender.sendWaiting();
    },
    clear(...states) {
      const cleared: readonly string[] =
        states.length > 0 ? states : ["published", "failed", "cancelled"];
      sender.drop(({ status }) => cleared.includes(status));
    },
    stop: sender.stop,
  };

  function toQueued(file: File): QueuedFile {
    added += 1;
    return { id: `upload-${added}`, file, status: "waiting", progress: 0, canRetry: false };
  }

  /** The same files; those that cannot be published, or are too many beside the others, have failed. */
  function withinLimits(queued: QueuedFile[], others = list.files()): QueuedFile[] {
    const { accept = defaultAccept, maxFiles = Number.POSITIVE_INFINITY } = options;
    let room = maxFiles - others.filter(takesRoom).length;
    return queued.map((entry) => {
      const error = checkFile(entry.file, accept) ?? (room > 0 ? undefined : tooMany(maxFiles));
      if (error) return { ...entry, status: "failed", error, canRetry: mayPass(error) };
      room -= 1;
      return entry;
    });
  }
}

const takesRoom = ({ status }: QueuedFile) => status !== "failed" && status !== "cancelled";

const waitingAgain = ({ id, file }: QueuedFile): QueuedFile => ({
  ...{ id, file },
  status: "waiting",
  progress: 0,
  canRetry: false,
});

const tooMany = (maxFiles: number) =>
  new KeepsakeError(
    "upload.too_many",
    `At most ${maxFiles} ${maxFiles === 1 ? "file" : "files"} can be uploaded here: remove another first`,
  );
