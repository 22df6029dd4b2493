import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  DeleteObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { RetryableError } from "@keepsake/core/outsideServiceErrors";
import { multipartEtag, namesOtherMd5 } from "./etags.ts";
import { isS3Error, retryable } from "./s3Errors.ts";
import { sendTimeoutMs, sendWithMd5 } from "./sendWithMd5.ts";

/** One object that is sent in parts. Nothing is visible under its key until `complete` has resolved. */
export type MultipartUpload = {
  /** Sends a part and resolves when the bucket has confirmed its bytes. Parts may be sent at the same time. */
  send(number: number, bytes: Buffer, signal: AbortSignal): Promise<void>;
  /** Makes the object of all parts. `bytes` is their sum. */
  complete(bytes: number): Promise<void>;
  abort(): Promise<void>;
};

type Target = { Bucket: string; Key: string };

/** Begins a multipart upload. A call that may succeed later throws `RetryableError`. */
export async function beginMultipartUpload(
  s3: S3Client,
  object: CreateMultipartUploadCommandInput & Target,
  abortSignal: AbortSignal,
): Promise<MultipartUpload> {
  const { Bucket, Key } = object;
  const command = new CreateMultipartUploadCommand(object);
  const { UploadId } = await retryable(s3.send(command, { abortSignal }));
  const upload = { Bucket, Key, UploadId };
  const sent: { part: CompletedPart; etag: string }[] = [];

  return {
    send: (number, bytes, signal) => ofThisUpload(send(number, bytes, signal)),
    complete: (bytes) => ofThisUpload(complete(bytes)),
    abort: () => abortUpload(s3, upload),
  };

  async function send(PartNumber: number, bytes: Buffer, abortSignal: AbortSignal) {
    const { etag, response } = await sendWithMd5(bytes, (body) =>
      s3.send(new UploadPartCommand({ ...upload, ...body, PartNumber }), {
        abortSignal,
        requestTimeout: sendTimeoutMs,
      }),
    );
    sent[PartNumber - 1] = { part: { PartNumber, ETag: response.ETag ?? etag }, etag };
  }

  async function complete(bytes: number) {
    const etag = multipartEtag(sent.map((part) => part.etag));
    const MultipartUpload = { Parts: sent.map(({ part }) => part) };
    const command = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload });
    let isMade = false;
    let problem: unknown = new RetryableError(`The bucket made another object of ${Key}`);
    try {
      const { ETag } = await s3.send(command);
      if (ETag === etag) return;
      isMade = true;
    } catch (error) {
      problem = error; // also when the response to an earlier attempt of the client was lost
    }
    if (await isStored(bytes, etag)) return;
    if (isMade) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    throw problem;
  }

  /** Whether the object under the key is the one of these parts. */
  async function isStored(bytes: number, etag: string) {
    try {
      const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
      return head.ContentLength === bytes && !namesOtherMd5(head, () => etag);
    } catch (error) {
      if (isS3Error(error, "NotFound")) return false;
      throw error;
    }
  }

  async function ofThisUpload<T>(call: Promise<T>): Promise<T> {
    try {
      return await retryable(call);
    } catch (cause) {
      if (!isS3Error(cause, "NoSuchUpload")) throw cause;
      throw new RetryableError(`Another attempt aborted this write of ${Key}`, { cause });
    }
  }
}

/** Aborts every unfinished multipart upload of a key. */
export async function abortMultipartUploads(s3: S3Client, { Bucket, Key }: Target): Promise<void> {
  for await (const upload of unfinishedUploads(s3, Bucket, Key))
    if (upload.Key === Key) await abortUpload(s3, upload);
}

/** The multipart uploads that were neither completed nor aborted, of the keys that begin with the prefix. */
export async function* unfinishedUploads(s3: S3Client, Bucket: string, Prefix = "") {
  const list = async (after: { KeyMarker?: string; UploadIdMarker?: string }) =>
    retryable(s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix, ...after })));
  let page = await list({});
  for (;;) {
    for (const { Key = "", UploadId = "", Initiated } of page.Uploads ?? [])
      yield { Bucket, Key, UploadId, Initiated };
    if (!page.IsTruncated) return;
    const { NextKeyMarker = "", NextUploadIdMarker = "" } = page;
    page = await list({ KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker });
  }
}

export async function abortUpload(
  s3: S3Client,
  { Bucket, Key, UploadId }: Target & { UploadId: string | undefined },
) {
  try {
    await retryable(s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })));
  } catch (error) {
    if (!isS3Error(error, "NoSuchUpload")) throw error;
  }
}
