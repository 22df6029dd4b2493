import type { Client } from "@keepsake/client/client";
import { upload } from "@keepsake/client/upload";
import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import type { Image } from "@keepsake/contract/schemas";
import { uploadTypes } from "@keepsake/contract/uploads";

export type Upload = {
  id: string;
  file: File;
  /** A blob URL; null when the file is no picture that could be shown. */
  preview: string | null;
} & UploadState;

export type UploadState =
  | { state: "waiting" }
  /** `fraction` of the bytes are sent. */
  | { state: "sending"; fraction: number }
  /** The store has it, and it is being published: from here on it cannot be cancelled. */
  | { state: "checking" }
  | { state: "done"; image: Image }
  | { state: "failed"; error: unknown };

export type UploadQueue = ReturnType<typeof createUploadQueue>;

const atOnce = 3;

/** Uploads files a few at a time, in order, and tells its listeners whatever happens to each. */
export function createUploadQueue(
  client: Pick<Client, "presignUpload" | "completeUpload">,
  onPublished: (image: Image) => void,
) {
  let uploads: readonly Upload[] = [];
  const listeners = new Set<() => void>();
  const aborts = new Map<string, AbortController>();

  return {
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    /** Oldest first. The same array until something happens. */
    snapshot: () => uploads,
    /** What becomes of the files is in the snapshot, under the ids answered here. */
    add(files: Iterable<File>): string[] {
      if (!uploads.some(isUnfinished)) dismissDone(); // what is kept is old news by now
      const added = Array.from(files, begin);
      change([...uploads, ...added]);
      next();
      return added.map(({ id }) => id);
    },
    /** Stops an upload and forgets it. Nothing of it is kept. */
    cancel(id: string) {
      aborts.get(id)?.abort();
      remove(id);
    },
    retry(id: string) {
      set(id, { state: "waiting" });
      next();
    },
    dismiss: remove,
    dismissDone,
    stop() {
      for (const abort of aborts.values()) abort.abort();
      for (const { id } of uploads) remove(id);
    },
  };

  function next() {
    const free = atOnce - uploads.filter(isUnderWay).length;
    const waiting = uploads.filter(({ state }) => state === "waiting");
    for (const upload of waiting.slice(0, Math.max(0, free))) send(upload);
  }

  async function send({ id, file }: Upload) {
    const abort = new AbortController();
    aborts.set(id, abort);
    set(id, { state: "sending", fraction: 0 });
    const watched: typeof client = {
      ...client,
      completeUpload(...args) {
        set(id, { state: "checking" });
        return client.completeUpload(...args);
      },
    };
    try {
      const image = await upload(watched, file, {
        signal: abort.signal,
        onProgress: ({ loaded, total }) => set(id, { state: "sending", fraction: loaded / total }),
      });
      onPublished(image);
      set(id, { state: "done", image });
    } catch (error) {
      set(id, { state: "failed", error: isUnreadable(error) ? changed(error) : error });
    } finally {
      aborts.delete(id);
      next();
    }
  }

  /** Says what became of an upload, unless nobody wants to know any more. */
  function set(id: string, state: UploadState) {
    change(uploads.map((upload) => (upload.id === id ? { ...bare(upload), ...state } : upload)));
  }

  function remove(id: string) {
    const { preview } = uploads.find((upload) => upload.id === id) ?? {};
    if (preview) URL.revokeObjectURL(preview);
    change(uploads.filter((upload) => upload.id !== id));
    next();
  }

  function dismissDone() {
    for (const { id, state } of uploads) if (state === "done") remove(id);
  }

  function change(to: readonly Upload[]) {
    uploads = to;
    for (const listener of listeners) listener();
  }
}

/** Still to be sent, or to be answered. */
export const isUnfinished = (upload: UploadState) =>
  upload.state === "waiting" || isUnderWay(upload);

/** On its way, so that it takes one of the places. */
const isUnderWay = ({ state }: UploadState) => state === "sending" || state === "checking";

/** Whether sending the very same file again may end otherwise. */
export const mayRetry = (error: unknown) =>
  !(error instanceof AppError && /^(image\.|upload\.altered$)/.test(error.code));

function begin(file: File): Upload {
  const id = crypto.randomUUID();
  const refusal = judge(file);
  if (refusal) return { id, file, preview: null, state: "failed", error: refusal };
  return { id, file, preview: URL.createObjectURL(file), state: "waiting" };
}

/** What the API would refuse by itself, before anything is sent. */
function judge({ type, size }: File): AppError | undefined {
  if (!(uploadTypes as readonly string[]).includes(type))
    return new AppError("image.unsupported", `${type || "An unknown type"} is no picture we keep`);
  if (size === 0) return new AppError("image.damaged", "The file is empty");
  if (size > limits.image_bytes)
    return new AppError("image.too_large", `The file is over ${limits.image_bytes} bytes`);
  return undefined;
}

const bare = ({ id, file, preview }: Upload) => ({ id, file, preview });

/** What a browser throws when the file is no longer what it was when it was chosen. */
const isUnreadable = (error: unknown) =>
  error instanceof DOMException && /^Not(Readable|Found)Error$/.test(error.name);

const changed = (cause: unknown) =>
  new AppError("upload.altered", "The file changed or is gone: choose it again", { cause });
