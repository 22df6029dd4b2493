import type { KeepsakeError } from "../keepsakeError.ts";
import type { PublishedImage } from "../publishedImage.ts";
import type { UploadOptions } from "../upload.ts";
import { errorOf, isOnline, mayPass, reactionTo, unreachable } from "./failureReactions.ts";
import type { FileList } from "./fileList.ts";
import { isCancellable, isUnfinished, type QueuedFile } from "./queuedFile.ts";
import { createPauses } from "./queuePauses.ts";
import { type QueueClient, sendFile } from "./sendFile.ts";

export type SendingOptions = Pick<
  UploadOptions,
  "visibility" | "reuse" | "keepPrompt" | "keepMetadata"
> & {
  /** Files that are sent at the same time, 3 by default. */
  concurrency?: number | undefined;
  onPublished?: ((image: PublishedImage, file: File) => void) | undefined;
  /** Called when a file failed and is not sent again by itself. */
  onError?: ((error: KeepsakeError | Error, file: File) => void) | undefined;
};

export type Sender = {
  sendWaiting(): void;
  /** Ends a pause, and counts the attempts of these files from the start. */
  tryNow(ids: Iterable<string>): void;
  /** Cancels what is not being published. */
  cancel(isMeant: (file: QueuedFile) => boolean): void;
  /** Takes files off the list. Those that failed although they are stored are cancelled. */
  drop(isMeant: (file: QueuedFile) => boolean): void;
  stop(): void;
};

/** So often a file is tried while the API answers that it is unavailable. Waits for the connection or for quota do not count. */
const maxAttempts = 5;

/**
 * After so many connection failures in a row, about 30 s, files fail if the browser says that it is online: the API or
 * the bucket may not allow the page.
 */
const maxConnectionFailures = 5;

/** Sends the waiting files of a list, some at a time, and decides what happens to those that fail. */
export function createSender(
  client: QueueClient,
  list: FileList,
  optionsNow: () => SendingOptions,
): Sender {
  const runs = new Map<string, AbortController>();
  const attempts = new Map<string, number>();
  /** The uploads that have stored a file that is not published yet. */
  const stored = new Map<string, { upload_id: string; file: File }>();
  /** Uploads whose cancellation was lost, or could not be answered. */
  const lostCancels = new Set<string>();
  /** Those in a row while the browser said that it is online. Several files that fail at once count as one. */
  let connectionFailures = 0;
  let isAtLimit = false;
  let isListening = false;

  const pauses = createPauses(() => {
    for (const upload_id of lostCancels) void cancelUpload({ upload_id });
    sendWaiting();
  });
  const cancellable: QueueClient = { ...client, cancelUpload };

  return {
    sendWaiting,
    tryNow(ids) {
      worked();
      for (const id of ids) attempts.delete(id);
      pauses.end();
      sendWaiting();
    },
    cancel(isMeant) {
      discard(abortAll((file) => isCancellable(file) && isMeant(file), cancelled));
    },
    drop(isMeant) {
      discard(list.files().filter(isMeant));
      list.set(list.files().filter((file) => !isMeant(file)));
    },
    stop() {
      discard(list.files().filter(isUnfinished));
      for (const id of [...runs.keys()]) abort(id);
      pauses.stop();
      list.stop();
      abortAll(isUnfinished, cancelled);
      listenWhileBusy();
    },
  };

  function sendWaiting() {
    if (!list.files().some(isUnfinished)) connectionFailures = 0;
    listenWhileBusy();
    if (pauses.reason()) return;
    const waiting = list
      .files()
      .filter(({ status }) => status === "waiting" || status === "offline");
    const limit = pauses.isTrying() ? 1 : Math.max(1, optionsNow().concurrency ?? 3);
    for (const file of waiting.slice(0, Math.max(0, limit - runs.size))) send(file);
  }

  async function send({ id, file }: Pick<QueuedFile, "id" | "file">) {
    const run = new AbortController();
    runs.set(id, run);
    const isCurrent = () => runs.get(id) === run;
    const { onPublished, onError, ...options } = optionsNow();
    list.change(id, { status: "uploading", progress: 0, error: undefined });
    try {
      const image = await sendFile(cancellable, file, {
        ...options,
        signal: run.signal,
        stored: stored.get(id)?.upload_id,
        onStored(upload_id) {
          stored.set(id, { upload_id, file });
          if (isCurrent()) list.change(id, { status: "checking", progress: 1 });
        },
        onProgress({ loaded, total }) {
          if (isCurrent()) list.changeProgress(id, loaded / total);
        },
      });
      const isSentAgain = runs.has(id) && !isCurrent(); // it was cancelled too late, then sent again
      if (!isSentAgain) {
        abort(id);
        stored.delete(id);
        list.change(id, { status: "published", progress: 1, image, canRetry: false });
      }
      worked();
      if (isAtLimit) pauses.end(); // one that is published makes room for another
      onPublished?.(image, file);
    } catch (thrown) {
      if (!isCurrent()) {
        // it was cancelled, maybe when the last byte was sent
        if (!list.files().some((file) => file.id === id && isUnfinished(file))) discard([{ id }]);
        return;
      }
      runs.delete(id);
      const error = react(id, thrown);
      if (error) onError?.(error, file);
    }
    sendWaiting();
  }

  function worked() {
    connectionFailures = 0;
    pauses.worked();
  }

  /** Makes a file wait, or fail for good: then its error is returned. */
  function react(id: string, thrown: unknown): KeepsakeError | Error | undefined {
    const reaction = reactionTo(thrown);
    let error = errorOf(thrown);
    const count = (attempts.get(id) ?? 0) + 1;
    isAtLimit = reaction === "limit";
    if (reaction !== "connection" || !isOnline()) connectionFailures = 0;
    else if (!pauses.reason()) connectionFailures += 1;
    if (reaction === "connection" && connectionFailures < maxConnectionFailures) {
      list.change(id, { status: "offline", progress: 0, error });
      pauses.pause("connection");
      return undefined;
    }
    if (reaction === "limit" || (reaction === "later" && count < maxAttempts)) {
      if (reaction === "later") attempts.set(id, count);
      list.change(id, { status: "waiting", progress: 0, error });
      pauses.pause("server", "retryAfterSeconds" in error ? error.retryAfterSeconds : undefined);
      return undefined;
    }
    if (reaction === "connection") error = unreachable(thrown);
    attempts.delete(id);
    const canRetry = mayPass(error);
    if (!canRetry) stored.delete(id);
    list.change(id, { status: "failed", error, canRetry });
    return error;
  }

  function abort(id: string) {
    const run = runs.get(id);
    runs.delete(id);
    attempts.delete(id);
    run?.abort();
  }

  /** Stops sending files, and returns them as they were. */
  function abortAll(isMeant: (file: QueuedFile) => boolean, changes: Partial<QueuedFile>) {
    const files = list.files();
    const aborted = files.filter(isMeant);
    for (const { id } of aborted) abort(id);
    list.set(files.map((file) => (isMeant(file) ? { ...file, ...changes } : file)));
    return aborted;
  }

  function discard(files: readonly { id: string }[]) {
    for (const { id } of files) {
      const upload = stored.get(id);
      if (upload && !runs.has(id)) void cancelUpload(upload);
    }
  }

  /** Cancels an upload, later when that is not possible now. One that is published already is shown so. */
  async function cancelUpload({ upload_id }: { upload_id: string }): Promise<undefined> {
    lostCancels.delete(upload_id);
    const error = await client.cancelUpload({ upload_id }).catch((error) => error);
    const reaction = error ? reactionTo(error) : "fail";
    if (reaction !== "fail") {
      lostCancels.add(upload_id);
      pauses.pause("connection");
    } else
      for (const [id, { upload_id: stored_id, file }] of stored) {
        if (stored_id !== upload_id || runs.has(id)) continue;
        if (error?.code === "upload.completed") send({ id, file });
        else stored.delete(id);
      }
    listenWhileBusy();
  }

  /** The browser's events are only needed while files wait or are sent. */
  function listenWhileBusy() {
    const isBusy = list.files().some(isUnfinished) || lostCancels.size > 0;
    if (isBusy === isListening || typeof removeEventListener === "undefined") return;
    isListening = isBusy;
    const change = isBusy ? addEventListener : removeEventListener;
    change("online", reconnect);
    change("offline", interrupt);
  }

  function reconnect() {
    connectionFailures = 0;
    if (pauses.reason() === "connection") pauses.end();
  }

  /** The browser went offline: requests may hang for minutes, so what is being sent starts again later. */
  function interrupt() {
    pauses.pause("connection");
    abortAll(({ status }) => status === "uploading", { status: "offline", progress: 0 });
  }
}

const cancelled = { status: "cancelled", canRetry: true } as const;
