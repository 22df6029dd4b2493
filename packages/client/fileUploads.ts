import type { PresignedUpload } from "@keepsake/contract/api";
import type { Image } from "@keepsake/contract/schemas";
import type { Client } from "./client.ts";
import { declarationOf, type ImageOptions } from "./upload.ts";

/** An owner may have 200 MB of pending uploads: with the 6 files that Uppy sends at once, of 20 MB each, 4 more fit. */
const maxCompleting = 4;

/** A `File` or `Blob`, typed as loosely as widgets type theirs. */
type WidgetFile = { size: number | null } | undefined;

type Upload = { presigned: Promise<PresignedUpload>; isCompleting: boolean };

/**
 * Uploads for a widget that sends the files itself, such as Uppy's AwsS3 plugin: it asks `presign` where to send a
 * file, and calls `complete` when it was sent. Files are sent as they are; the server removes their metadata.
 */
export function fileUploads(
  client: Pick<Client, "presignUpload" | "completeUpload" | "cancelUpload">,
  options: ImageOptions = {},
) {
  const uploads = new WeakMap<NonNullable<WidgetFile>, Upload>();
  const completing = new Set<Promise<unknown>>();

  async function presign(file: WidgetFile) {
    cancel(file); // of an earlier attempt to send it
    const upload: Upload = { presigned: start(file), isCompleting: false };
    uploads.set(file!, upload);
    const { url, headers } = await upload.presigned;
    return { method: "PUT" as const, url, headers };
  }

  async function start(file: WidgetFile) {
    const { name } = file as File;
    const declaration = await declarationOf(file as File, name, options);
    while (completing.size >= maxCompleting) await Promise.race(completing).catch(() => {});
    return client.presignUpload({ ...declaration, reuse: false });
  }

  function complete(file: WidgetFile): Promise<Image> {
    const upload = uploads.get(file!);
    if (!upload) return Promise.reject(new Error("Presign the file before you complete it"));
    upload.isCompleting = true;
    const completed = upload.presigned
      .then(({ upload_id }) => client.completeUpload({ upload_id }))
      .then(({ image }) => image)
      .catch((error) => {
        upload.isCompleting = false;
        throw error;
      })
      .finally(() => completing.delete(completed));
    completing.add(completed);
    return completed;
  }

  /** Does nothing for a file that was never presigned, or is being completed or published. */
  function cancel(file: WidgetFile) {
    const upload = uploads.get(file!);
    uploads.delete(file!);
    if (!upload || upload.isCompleting) return;
    // not awaited: the caller can do nothing about a failure, which only costs quota for a while
    upload.presigned.then(({ upload_id }) => client.cancelUpload({ upload_id })).catch(() => {});
  }

  /** Resolves when no file is being completed. */
  async function allCompleted(): Promise<void> {
    while (completing.size > 0) await Promise.allSettled(completing);
  }

  return { presign, complete, cancel, allCompleted };
}
