import { isUnfinished, progressOf, type QueuedFile, type TotalProgress } from "./queuedFile.ts";

export type QueueState = {
  /** Oldest first. */
  files: readonly QueuedFile[];
  progress: TotalProgress;
  /** Files are waiting or being sent. */
  isBusy: boolean;
  /** Files wait for the connection. */
  isOffline: boolean;
};

export type FileList = {
  subscribe(listener: () => void): () => void;
  /** The same object until something changes. */
  getSnapshot(): QueueState;
  files(): readonly QueuedFile[];
  /** Puts files into the batch whose progress is reported: a new one when no file was unfinished. */
  startBatch(ids: readonly string[]): void;
  set(changed: readonly QueuedFile[]): void;
  /** Changes one file; does nothing when it is no longer in the list. */
  change(id: string, changes: Partial<QueuedFile>): void;
  /** The same for bytes that were sent: listeners are called a little later. */
  changeProgress(id: string, progress: number): void;
  stop(): void;
};

/** Bytes that are sent are reported so often, so that a long list is not rendered for each. */
const progressIntervalMs = 100;

/** The files of a queue, oldest first, as a store for `useSyncExternalStore`. */
export function createFileList(): FileList {
  let files: readonly QueuedFile[] = [];
  let snapshot: QueueState | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Which batch a file was added in, or sent again: `progress` is that of the last one. */
  const batches = new Map<string, number>();
  let batch = 0;
  /** The connection failed, and no byte was sent since: an attempt does not mean that it is back. */
  let isReconnecting = false;
  const listeners = new Set<() => void>();

  function notify() {
    clearTimeout(timer);
    timer = undefined;
    snapshot = undefined;
    for (const listener of [...listeners]) listener();
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    getSnapshot() {
      snapshot ??= {
        files,
        progress: progressOf(files.filter(({ id }) => batches.get(id) === batch)),
        isBusy: files.some(isUnfinished),
        isOffline: files.some(
          (file) => isOffline(file) || (isReconnecting && file.status === "uploading"),
        ),
      };
      return snapshot;
    },
    files: () => files,
    startBatch(ids) {
      if (ids.length > 0 && !files.some(isUnfinished)) {
        batch += 1;
        isReconnecting = false;
      }
      for (const id of ids) batches.set(id, batch);
    },
    set(changed) {
      if (changed.length < files.length) {
        const ids = new Set(changed.map(({ id }) => id));
        for (const { id } of files) if (!ids.has(id)) batches.delete(id);
      }
      files = changed;
      isReconnecting ||= files.some(isOffline);
      notify();
    },
    change(id, changes) {
      if (changes.status !== "uploading") isReconnecting = changes.status === "offline";
      files = files.map((file) => (file.id === id ? { ...file, ...changes } : file));
      notify();
    },
    changeProgress(id, progress) {
      if (progress > 0) isReconnecting = false;
      files = files.map((file) => (file.id === id ? { ...file, progress } : file));
      timer ??= setTimeout(notify, progressIntervalMs);
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

const isOffline = ({ status }: QueuedFile) => status === "offline";
