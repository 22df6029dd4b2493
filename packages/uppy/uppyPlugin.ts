import type { Client, Image } from "@keepsake/client";
import { createUploadQueue, type QueuedFile, type QueueOptions } from "@keepsake/client/queue";
import {
  BasePlugin,
  type Body,
  EventManager,
  type Meta,
  type PluginOpts,
  type Uppy,
  type UppyFile,
} from "@uppy/core";

export type KeepsakeOptions = PluginOpts &
  Pick<
    QueueOptions,
    "accept" | "concurrency" | "keepMetadata" | "keepPrompt" | "reuse" | "visibility"
  > & { client: Client };

/** `response.body` of an uploaded file: the published image. `new Uppy<Meta, KeepsakeBody>()` knows its type. */
export type KeepsakeBody = Image;

declare module "@uppy/core" {
  export interface PluginTypeRegistry<M extends Meta, B extends Body> {
    Keepsake: Keepsake<M, B>;
  }
}

/** A file of Uppy in the queue. */
type Upload = {
  queueId: string;
  /** How the queue had it when Uppy last heard of it. */
  reported?: QueuedFile;
  data: unknown;
  /** Lets Uppy go on when every file of a batch is finished. */
  finish: () => void;
};

/**
 * Uploads Uppy's files with the queue of `@keepsake/client/queue`. A file that is removed frees its pending upload, one
 * that is paused too: it is sent again from its start. While the page is offline files wait and do not fail.
 */
export default class Keepsake<M extends Meta, B extends Body> extends BasePlugin<
  KeepsakeOptions,
  M,
  B
> {
  #queue = createUploadQueue(this.opts.client, this.opts);
  #events = new EventManager<M, B>(this.uppy);
  /** Those that are neither uploaded nor failed, by the file's id. */
  #uploads = new Map<string, Upload>();
  /** Those that failed and may be sent again: what is stored of them is not sent twice. */
  #failed = new Map<string, Upload>();

  constructor(uppy: Uppy<M, B>, options: KeepsakeOptions) {
    super(uppy, options);
    this.id = options.id ?? "Keepsake";
    this.type = "uploader";
  }

  override install(): void {
    this.#allowPausing(true);
    this.uppy.addUploader(this.#upload);
    this.#queue.subscribe(this.#report);
    this.#events.on("file-removed", ({ id }) => this.#end(id));
    this.#events.on("upload-pause", (file, isPaused) => file && this.#pause(file.id, isPaused));
    this.#events.on("pause-all", () => this.#queue.cancel());
    this.#events.on("resume-all", () => {
      for (const id of this.#uploads.keys()) this.#pause(id, false);
    });
  }

  override uninstall(): void {
    this.#allowPausing(false);
    this.uppy.removeUploader(this.#upload);
    this.#events.remove();
    for (const id of [...this.#uploads.keys(), ...this.#failed.keys()]) this.#end(id);
    this.#queue.stop();
  }

  override setOptions(options: Partial<KeepsakeOptions>): void {
    super.setOptions(options);
    this.#queue.setOptions(this.opts);
  }

  #upload = async (ids: string[]): Promise<void> => {
    const files = this.uppy
      .getFilesByIds(ids)
      .filter(({ error, progress }) => !error && !progress.uploadComplete);
    this.uppy.emit("upload-start", files);
    const finished = files.map((file) => this.#add(file));
    this.#report(); // of files that cannot be uploaded
    await Promise.all(finished);
  };

  #add(file: UppyFile<M, B>): Promise<void> {
    const local = toFile(file);
    if (!local) {
      this.uppy.emit("upload-error", file, notLocal());
      return Promise.resolve();
    }
    const { id, data } = file;
    const failed = this.#failed.get(id);
    const queued = this.#queue.getSnapshot().files.find((file) => file.id === failed?.queueId);
    const isSame = failed?.data === data && queued?.file.name === local.name;
    if (failed && !isSame) this.#end(id);
    return new Promise((finish) => {
      const [queueId] = isSame ? [queued!.id] : this.#queue.add([local]);
      this.#failed.delete(id);
      this.#uploads.set(id, { queueId: queueId!, data, finish });
      if (isSame) this.#queue.retry(queueId);
    });
  }

  /** Reports to Uppy what changed in the queue. */
  #report = (): void => {
    for (const id of this.#failed.keys()) if (!this.uppy.getFile(id)) this.#end(id);
    const queued = new Map(this.#queue.getSnapshot().files.map((file) => [file.id, file]));
    for (const [id, upload] of this.#uploads) {
      const { reported } = upload;
      const now = queued.get(upload.queueId);
      if (!now || now === reported) continue;
      upload.reported = now;
      const file = this.uppy.getFile(id);
      if (!file) {
        this.#end(id); // Uppy was cleared
        continue;
      }
      const { status, progress } = now;
      if (status !== "failed" && progress !== (reported?.progress ?? 0))
        this.uppy.emit("upload-progress", file, {
          uploadStarted: file.progress.uploadStarted ?? Date.now(),
          bytesUploaded: progress * now.file.size,
          bytesTotal: now.file.size,
        });
      if (status === "offline" && reported?.status !== status && now.error)
        this.uppy.emit("upload-stalled", shown(now.error), [file]);
      if (status !== "published" && status !== "failed") continue;
      if (now.canRetry) this.#keepFailed(id, upload);
      else this.#end(id);
      if (now.image) this.uppy.emit("upload-success", file, toResponse<B>(now.image));
      else this.uppy.emit("upload-error", file, shown(now.error!));
    }
  };

  /** Does nothing for a file that is sent: it is published all the same. */
  #pause(id: string, isPaused: boolean): void {
    const upload = this.#uploads.get(id);
    if (upload && isPaused) this.#queue.cancel(upload.queueId);
    else if (upload) this.#queue.retry(upload.queueId);
  }

  #keepFailed(id: string, upload: Upload): void {
    this.#uploads.delete(id);
    this.#failed.set(id, upload);
    upload.finish();
  }

  #end(id: string): void {
    const upload = this.#uploads.get(id) ?? this.#failed.get(id);
    if (!upload) return;
    this.#uploads.delete(id);
    this.#failed.delete(id);
    this.#queue.remove(upload.queueId);
    upload.finish();
  }

  #allowPausing(resumableUploads: boolean): void {
    const { capabilities } = this.uppy.getState();
    this.uppy.setState({ capabilities: { ...capabilities, resumableUploads } });
  }
}

/** The file with the name and type that it has in Uppy, where a person may have renamed it. */
function toFile<M extends Meta, B extends Body>({ data, meta, type }: UppyFile<M, B>) {
  if (!(data instanceof Blob)) return undefined;
  const isSame = data instanceof File && data.name === meta.name && data.type === type;
  return isSame ? data : new File([data], meta.name, { type });
}

const notLocal = () =>
  new Error("Only files of this device can be uploaded: choose the file on this device");

function toResponse<B extends Body>(image: Image) {
  const { url } = image;
  return { status: 200, body: image as unknown as B, ...(url && { uploadURL: url }) };
}

/** Uppy appends `details` to a message, and those of the client are an object. */
function shown(error: Error): Error {
  const { name, message } = error;
  return Object.assign(new Error(message, { cause: error }), { name });
}
