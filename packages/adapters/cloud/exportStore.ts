import { createHash } from "node:crypto";
import { PutObjectCommand, type PutObjectCommandInput } from "@aws-sdk/client-s3";
import type { ExportStore, ExportWrite } from "@keepsake/core/ports";
import { cutIntoParts, type PartMemory } from "./cutIntoParts.ts";
import {
  abortMultipartUploads,
  beginMultipartUpload,
  type MultipartUpload,
} from "./multipartUpload.ts";
import { bucketOn, type R2Link, s3Client } from "./r2.ts";
import { retryable } from "./s3Errors.ts";
import { sendInPieces } from "./sendInPieces.ts";
import { sendTimeoutMs, sendWithMd5 } from "./sendWithMd5.ts";

/** R2 takes at most 10,000 parts, all of one size but the last, of at least 5 MiB. */
const partBytes = 8 * 1_024 * 1_024;
const inMemory = 2;

/** Where zips of exports are written: the private bucket on R2, or on any S3 server behind `endpoint`. */
export function exportStore({ bucket, ...link }: Omit<R2Link, "publicUrl">): ExportStore {
  const s3 = s3Client(link);
  sendInPieces(s3);
  // kept for the next write: V8 frees large buffers late
  const memory: PartMemory = { bytes: partBytes, free: [] };

  return {
    write,
    abortUnfinished: (key) => abortMultipartUploads(s3, { Bucket: bucket, Key: key }),
    remove: bucketOn(s3, bucket).remove,
  };

  async function write(key: string, chunks: AsyncIterable<Uint8Array>, options: ExportWrite) {
    const { filename, signal } = options;
    const object = {
      ...{ Bucket: bucket, Key: key },
      ContentType: "application/zip",
      ContentDisposition: attachment(filename),
      CacheControl: "private, no-store",
    };
    const failed = new AbortController();
    const stopped = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
    const sha256 = createHash("sha256");
    const sending: Promise<void>[] = [];
    let bytes = 0;
    let upload: MultipartUpload | undefined;
    try {
      stopped.throwIfAborted();
      await abortMultipartUploads(s3, { Bucket: bucket, Key: key });
      for await (const part of cutIntoParts(chunks, { memory, inMemory, signal: stopped })) {
        sha256.update(part.bytes);
        bytes += part.bytes.length;
        const isWhole = part.isLast && part.number === 1;
        if (!isWhole) upload ??= await beginMultipartUpload(s3, object, stopped);
        const sent = (async () => {
          if (upload) await upload.send(part.number, part.bytes, stopped);
          else await put(object, part.bytes, stopped);
          part.release();
        })();
        sent.catch((error) => failed.abort(error));
        sending.push(sent);
      }
      await Promise.all(sending);
      stopped.throwIfAborted();
      await upload?.complete(bytes);
      return { bytes, sha256: sha256.digest("hex") };
    } catch (error) {
      const reason = stopped.aborted ? stopped.reason : error;
      failed.abort(reason);
      await Promise.allSettled(sending);
      // what this leaves, the next attempt aborts, or the bucket's lifecycle rule after a day
      await upload?.abort().catch(() => {});
      throw reason;
    }
  }

  async function put(object: PutObjectCommandInput, bytes: Buffer, abortSignal: AbortSignal) {
    await retryable(
      sendWithMd5(bytes, (body) =>
        s3.send(new PutObjectCommand({ ...object, ...body }), {
          abortSignal,
          requestTimeout: sendTimeoutMs,
        }),
      ),
    );
  }
}

/**
 * The header that makes browsers save an object under a name: in ASCII, and as it is for those that read
 * RFC 6266. It is cut to 100 characters, since S3 takes 2 KB of such headers.
 */
function attachment(filename: string): string {
  const name = [...filename.toWellFormed()].slice(-100).join("");
  const ascii = name.replace(/[^ -~]|["\\%/]/g, "_");
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
