import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandOutput,
  S3Client,
  type S3ServiceException,
} from "@aws-sdk/client-s3";
import { limits } from "@keepsake/contract/limits";
import { KeyTakenError, RetryableError } from "@keepsake/core/outsideServiceErrors";
import type { Bucket, ImageBucket, PublicBucket, StoredObject } from "@keepsake/core/ports";
import { etagOf, namesOtherMd5 } from "./etags.ts";
import { isS3Error, retryable } from "./s3Errors.ts";

/** A bucket on R2. `publicUrl` is what its public URLs begin with, without a trailing slash. */
export type R2Link = {
  bucket: string;
  endpoint: string;
  publicUrl: string;
  accessKeyId: string;
  secretAccessKey: string;
  /**
   * The bucket that incoming objects are copied from. Empty or missing: this store cannot copy on conditions,
   * or its ETags are not MD5 sums, so every object is sent.
   */
  copiesFrom?: string;
};

/**
 * The images bucket on Cloudflare R2, or on any S3 server behind `endpoint`. A call that may succeed later
 * throws `RetryableError`.
 */
export function publicBucket({ publicUrl, ...link }: R2Link): PublicBucket {
  const bucket = imageBucket(link, "public, max-age=31536000, immutable");
  return { ...bucket, url: (key) => `${publicUrl}/${key}` };
}

/** The bucket of private images: browsers may cache what its presigned URLs read, as long as these are valid. */
export function privateImageBucket(link: Omit<R2Link, "publicUrl">): ImageBucket {
  return imageBucket(link, `private, max-age=${limits.private_url_seconds}, immutable`);
}

function imageBucket(link: Omit<R2Link, "publicUrl">, CacheControl: string): ImageBucket {
  const s3 = s3Client(link);
  const { bucket: Bucket, copiesFrom } = link;

  return {
    ...bucketOn(s3, Bucket),

    put(Key, object) {
      const { incomingKey, bytes } = object;
      const isCopied = copiesFrom && incomingKey !== undefined && bytes.length >= minCopiedBytes;
      const source = `${copiesFrom}/${incomingKey}`; // our keys need no escaping
      return retryable(isCopied ? copy(Key, object, source) : put(Key, object));
    },
  };

  /** Copies an object that has the same bytes, when neither it nor a free key has changed meanwhile. */
  async function copy(Key: string, { bytes, contentType }: StoredObject, CopySource: string) {
    const ETag = etagOf(bytes);
    const command = new CopyObjectCommand({
      Bucket,
      Key,
      CopySource,
      CopySourceIfMatch: ETag,
      MetadataDirective: "REPLACE", // else the incoming object's own headers are copied
      ContentType: contentType,
      CacheControl,
    });
    onlyOntoFreeKey(command);
    try {
      const { CopyObjectResult } = await s3.send(command);
      if (CopyObjectResult?.ETag === ETag) return;
    } catch (error) {
      if (isS3Error(error, "NoSuchKey")) throw sourceChanged(CopySource, error);
      if (!isS3Error(error, "PreconditionFailed")) throw error;
      const existing = await headOf(Key);
      if (!existing) throw sourceChanged(CopySource, error);
      // from an earlier attempt of ours when its response was lost
      if (existing.ETag === ETag && existing.ContentLength === bytes.length) return;
      throw new KeyTakenError(Key, error);
    }
    // R2 may look at the source and copy it at different moments. The key was free, so this is our object.
    await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    throw sourceChanged(CopySource);
  }

  async function put(Key: string, object: StoredObject) {
    const ChecksumSHA256 = Buffer.from(object.sha256, "hex").toString("base64");
    let response: PutObjectCommandOutput;
    try {
      response = await s3.send(
        new PutObjectCommand({
          Bucket,
          Key,
          Body: object.bytes,
          ContentLength: object.bytes.length,
          ContentType: object.contentType,
          CacheControl,
          ChecksumSHA256,
          IfNoneMatch: "*",
        }),
      );
    } catch (error) {
      if (!isS3Error(error, "PreconditionFailed")) throw error;
      // The key exists: from an earlier attempt of ours when its response was lost.
      if (!(await hasSameContent(Key, object, ChecksumSHA256))) throw new KeyTakenError(Key, error);
      return;
    }
    if (!namesSameContent(response, object, ChecksumSHA256))
      throw new RetryableError(`The bucket confirmed other bytes than were sent for ${Key}`);
  }

  async function hasSameContent(Key: string, { bytes }: StoredObject, checksum: string) {
    const head = await headOf(Key);
    if (head?.ChecksumSHA256) return head.ChecksumSHA256 === checksum;
    return head?.ETag === etagOf(bytes);
  }

  async function headOf(Key: string) {
    try {
      return await s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
    } catch (error) {
      if (isS3Error(error, "NotFound")) return undefined;
      throw error;
    }
  }
}

/** Of smaller objects, a copy would save next to nothing. */
const minCopiedBytes = 65_536;

/**
 * Makes a CopyObject fail with 412 when its key exists. R2's own header, in beta:
 * https://developers.cloudflare.com/r2/api/s3/extensions/
 */
export function onlyOntoFreeKey({ middlewareStack }: CopyObjectCommand) {
  middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      headers["cf-copy-destination-if-none-match"] = "*";
      return next(args);
    },
    { step: "build", name: "onlyOntoFreeKey" }, // before it is signed
  );
}

const sourceChanged = (source: string, cause?: S3ServiceException) =>
  new RetryableError(`${source} changed while it was published`, { cause });

/** False when the response to a PUT has a SHA-256 or an ETag of other bytes. It may have neither. */
function namesSameContent(
  response: PutObjectCommandOutput,
  { bytes }: StoredObject,
  checksum: string,
): boolean {
  const { ChecksumSHA256 } = response;
  if (ChecksumSHA256 !== undefined && ChecksumSHA256 !== checksum) return false;
  return !namesOtherMd5(response, () => etagOf(bytes));
}

/** A private bucket: only our functions read it. Throws as the public one does. */
export function privateBucket(link: Omit<R2Link, "publicUrl">): Bucket {
  return bucketOn(s3Client(link), link.bucket);
}

/** Reads and removes objects of a bucket. */
export function bucketOn(s3: S3Client, Bucket: string): Bucket {
  return {
    get: (Key, maxBytes) => retryable(get(Key, maxBytes)),
    size: (Key) => retryable(size(Key)),
    remove: (Key) => retryable(remove(Key)),
  };

  async function get(Key: string, maxBytes: number) {
    try {
      const Range = `bytes=0-${maxBytes}`;
      return await bytesOf(await s3.send(new GetObjectCommand({ Bucket, Key, Range })));
    } catch (error) {
      if (isS3Error(error, "NoSuchKey")) return undefined;
      throw error;
    }
  }

  async function remove(Key: string) {
    const bytes = await size(Key);
    if (bytes !== undefined) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    return bytes;
  }

  async function size(Key: string) {
    try {
      const { ContentLength } = await s3.send(new HeadObjectCommand({ Bucket, Key }));
      return ContentLength ?? 0;
    } catch (error) {
      if (isS3Error(error, "NotFound")) return undefined;
      throw error;
    }
  }
}

/** The body of a response. The SDK's own function holds every byte twice for a moment. */
async function bytesOf({ Body, ContentLength }: GetObjectCommandOutput): Promise<Buffer> {
  if (ContentLength === undefined) return Buffer.from(await Body!.transformToByteArray());
  const bytes = Buffer.allocUnsafeSlow(ContentLength);
  let length = 0;
  for await (const chunk of Body as AsyncIterable<Uint8Array>) {
    bytes.set(chunk, length);
    length += chunk.length;
  }
  return bytes.subarray(0, length);
}

/** The S3 client as R2 needs it. A call gives up after 3 attempts of at most 15 s each. */
export function s3Client(
  link: Pick<R2Link, "endpoint" | "accessKeyId" | "secretAccessKey">,
): S3Client {
  const { endpoint, ...credentials } = link;
  const s3 = new S3Client({
    region: "auto",
    endpoint,
    credentials,
    forcePathStyle: true,
    // By default the SDK adds a CRC32: R2 rejects it on some calls, and a presigner cannot know it.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: 3_000,
      requestTimeout: 15_000,
      throwOnRequestTimeout: true,
    },
  });

  // Our SHA-256 is a signed header that R2 verifies: hashing the body again would add nothing.
  s3.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { method: string; headers: Record<string, string> };
      if (request.method === "PUT") request.headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD";
      return next(args);
    },
    { step: "build", name: "unsignedPayload" },
  );
  return s3;
}
