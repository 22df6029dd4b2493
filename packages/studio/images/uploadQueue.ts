import type { Client } from "@keepsake/client/client";
import { upload } from "@keepsake/client/upload";
import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import type { Image } from "@keepsake/contract/schemas";
import { uploadTypes } from "@keepsake/contract/uploads";

export type Upload = {
  id: string;
  file: File;
  /** A blob URL; null when the file cannot be shown as a picture. */
  preview: string | null;
} & UploadState;

export type UploadState =
  | { state: "waiting" }
  /** `fraction` of the bytes are sent. */
  | { state: "sending"; fraction: number }
  /** Stored and being published: it can no longer be cancelled. */
  | { state: "checking" }
  | { state: "done"; image: Image }
  | { state: "failed"; error: unknown };

export type UploadQueue = ReturnType<typeof createUploadQueue>;

const maxConcurrent = 3;

/** Uploads files in order, three at a time, and calls its listeners on every change. */
export function createUploadQueue(
  client: Pick<Client, "presignUpload" | "completeUpload" | "cancelUpload">,
  onPublished: (image: Image) => void,
) {
  let uploads: readonly Upload[] = [];
  const listeners = new Set<() => void>();
  const controllers = new Map<string, AbortController>();

  return {
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    /** Oldest first. The same array until something changes. */
    snapshot: () => uploads,
    /** Returns the ids under which the snapshot shows these files. */
    add(files: Iterable<File>): string[] {
      if (!uploads.some(isUnfinished)) dismissDone(); // a new batch replaces the last one's results
      const added = Array.from(files, createUpload);
      setUploads([...uploads, ...added]);
      startWaiting();
      return added.map(({ id }) => id);
    },
    /** Aborts an upload and removes it; nothing of it is published. */
    cancel(id: string) {
      controllers.get(id)?.abort();
      remove(id);
    },
    retry(id: string) {
      setState(id, { state: "waiting" });
      startWaiting();
    },
    dismiss: remove,
    dismissDone,
    stop() {
      for (const controller of controllers.values()) controller.abort();
      for (const { id } of uploads) remove(id);
    },
  };

  function startWaiting() {
    const free = maxConcurrent - uploads.filter(isInFlight).length;
    const waiting = uploads.filter(({ state }) => state === "waiting");
    for (const upload of waiting.slice(0, Math.max(0, free))) send(upload);
  }

  async function send({ id, file }: Upload) {
    const controller = new AbortController();
    controllers.set(id, controller);
    setState(id, { state: "sending", fraction: 0 });
    const watchedClient: typeof client = {
      ...client,
      completeUpload(...args) {
        setState(id, { state: "checking" });
        return client.completeUpload(...args);
      },
    };
    try {
      const image = await upload(watchedClient, file, {
        reuse: true,
        signal: controller.signal,
        onProgress: ({ loaded, total }) =>
          setState(id, { state: "sending", fraction: loaded / total }),
      });
      onPublished(image);
      setState(id, { state: "done", image });
    } catch (error) {
      setState(id, {
        state: "failed",
        error: isFileUnreadable(error) ? fileChanged(error) : error,
      });
    } finally {
      controllers.delete(id);
      startWaiting();
    }
  }

  /** Does nothing once the upload was removed. */
  function setState(id: string, state: UploadState) {
    setUploads(
      uploads.map((upload) => {
        const { file, preview } = upload;
        return upload.id === id ? { id, file, preview, ...state } : upload;
      }),
    );
  }

  function remove(id: string) {
    const { preview } = uploads.find((upload) => upload.id === id) ?? {};
    if (preview) URL.revokeObjectURL(preview);
    setUploads(uploads.filter((upload) => upload.id !== id));
    startWaiting();
  }

  function dismissDone() {
    for (const { id, state } of uploads) if (state === "done") remove(id);
  }

  function setUploads(changed: readonly Upload[]) {
    uploads = changed;
    for (const listener of listeners) listener();
  }
}

/** Neither done nor failed. */
export const isUnfinished = (upload: UploadState) =>
  upload.state === "waiting" || isInFlight(upload);

const isInFlight = ({ state }: UploadState) => state === "sending" || state === "checking";

/** Whether sending the same file again can succeed. */
export const isRetryable = (error: unknown) =>
  !(error instanceof AppError && /^(image\.|upload\.altered$)/.test(error.code));

function createUpload(file: File): Upload {
  const id = crypto.randomUUID();
  const error = validate(file);
  if (error) return { id, file, preview: null, state: "failed", error };
  return { id, file, preview: URL.createObjectURL(file), state: "waiting" };
}

/** Errors that the API would answer, found before anything is sent. */
function validate({ type, size }: File): AppError | undefined {
  if (!(uploadTypes as readonly string[]).includes(type))
    return new AppError("image.unsupported", `${type || "An unknown type"} is not supported`);
  if (size === 0) return new AppError("image.damaged", "The file is empty");
  if (size > limits.image_bytes)
    return new AppError("image.too_large", `The file is over ${limits.image_bytes} bytes`);
  return undefined;
}

/** What a browser throws when the file was changed or deleted after it was chosen. */
const isFileUnreadable = (error: unknown) =>
  error instanceof DOMException && /^Not(Readable|Found)Error$/.test(error.name);

const fileChanged = (cause: unknown) =>
  new AppError("upload.altered", "The file changed or is gone: choose it again", { cause });
