/** The accepted media types, as browsers write them: lower case, without parameters. This file imports nothing. */
export const uploadTypes = [
  "image/png",
  "image/jpeg",
  "image/webp",
  "image/avif",
  "image/gif",
] as const;

/**
 * The headers that a page sets on a presigned PUT. They are signed, and the incoming bucket's CORS rule
 * lists each by name because R2 does not accept `*` here.
 */
export const uploadHeaders = ["content-type", "x-amz-checksum-sha256", "if-none-match"] as const;

/** The headers of the response that a page may read. Upload widgets wait for the ETag. */
export const exposedUploadHeaders = ["etag"] as const;

export type UploadHeader = (typeof uploadHeaders)[number];
