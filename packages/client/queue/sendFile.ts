import type { Client } from "../client.ts";
import { KeepsakeError } from "../keepsakeError.ts";
import type { PublishedImage } from "../publishedImage.ts";
import { type UploadOptions, upload } from "../upload.ts";

export type QueueClient = Pick<Client, "presignUpload" | "completeUpload" | "cancelUpload">;

type SendOptions = UploadOptions & {
  /** The upload that has stored this file, if an earlier attempt sent it and its response was lost. */
  stored: string | undefined;
  /** Called with the upload's id when the file is stored, before it is published. */
  onStored(upload_id: string): void;
};

/** Uploads a file. One that is already stored is only published, not sent again. */
export async function sendFile(
  client: QueueClient,
  file: File,
  { stored, onStored, ...options }: SendOptions,
): Promise<PublishedImage> {
  if (stored) {
    onStored(stored);
    const { signal } = options;
    const published = await client
      .completeUpload({ upload_id: stored }, signal && { signal })
      .catch((error) => {
        if (!isGone(error)) throw error;
      });
    if (published) return published.image as PublishedImage;
  }
  const watched: QueueClient = {
    ...client,
    completeUpload(input, ...rest) {
      onStored(input.upload_id);
      return client.completeUpload(input, ...rest);
    },
  };
  return upload(watched, file, options);
}

const isGone = (error: unknown) =>
  error instanceof KeepsakeError &&
  ["upload.not_found", "upload.expired", "upload.not_received"].includes(error.code);
