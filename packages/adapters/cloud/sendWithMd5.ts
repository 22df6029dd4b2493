import { RetryableError } from "@keepsake/core/outsideServiceErrors";
import { etagOf, namesOtherMd5, type Written } from "./etags.ts";
import { isS3Error } from "./s3Errors.ts";

/** For one attempt of 8 MiB: at 5 Mbit/s they take 14 s. The client makes three. */
export const sendTimeoutMs = 30_000;

type Body = { Body: Buffer; ContentLength: number; ContentMD5: string };

/**
 * Sends bytes with their MD5, which the bucket verifies before it stores them, and compares the ETag of the
 * response. Bytes that were altered on their way are sent again, three times in all; the S3 client itself
 * repeats what fails otherwise.
 */
export async function sendWithMd5<Response extends Written>(
  bytes: Buffer,
  send: (body: Body) => Promise<Response>,
): Promise<{ etag: string; response: Response }> {
  const etag = etagOf(bytes);
  const ContentMD5 = Buffer.from(etag.slice(1, -1), "hex").toString("base64");
  for (let left = 2; ; left -= 1)
    try {
      const response = await send({ Body: bytes, ContentLength: bytes.length, ContentMD5 });
      if (!namesOtherMd5(response, () => etag)) return { etag, response };
      throw new RetryableError("The bucket confirmed other bytes than were sent");
    } catch (error) {
      const isAltered =
        error instanceof RetryableError ||
        isS3Error(error, "BadDigest") ||
        isS3Error(error, "IncompleteBody");
      if (!isAltered || left === 0) throw error;
    }
}
