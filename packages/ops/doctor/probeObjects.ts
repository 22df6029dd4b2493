import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { etagOf } from "@keepsake/adapters/cloud/etags";
import { downloadPresigner, uploadPresigner } from "@keepsake/adapters/cloud/presigner";
import { onlyOntoFreeKey, s3Client } from "@keepsake/adapters/cloud/r2";
import type { BucketName } from "@keepsake/core/ports";
import { type Configuration, type Finding, reasonOf } from "./check.ts";

export type ProbeObjects = ReturnType<typeof probeObjects>;

type StorageLinks = Pick<Configuration, "images" | "incoming" | "incomingWeb" | "private">;

/** A bucket with the `store` keys, or one with either pair. */
type Place = BucketName | { bucket: string; keys: "store" | "web" };
/** `sha256` are the bytes whose checksum is declared, where these are not the ones that are sent. */
type Content = { body: Buffer; sha256?: Buffer };

/**
 * The objects that checks write, all under `doctor/`. Each is tracked before it is written, since the
 * response may get lost, and `removeAll` removes what is left of them. A write that was sent is not aborted:
 * the store could finish it after the removal.
 */
export function probeObjects(links: StorageLinks) {
  const { images, incoming, incomingWeb } = links;
  const clients = {
    images: s3Client(images),
    incoming: s3Client(incoming),
    private: s3Client(links.private),
    web: s3Client(incomingWeb),
  };
  const presigner = uploadPresigner(incomingWeb);
  const reader = downloadPresigner({ ...incomingWeb, bucket: links.private.bucket });
  const written = new Map<string, { s3: S3Client; Bucket: string; Key: string }>();
  const inFlight = new Set<Promise<unknown>>();

  const probes = {
    async put(place: Place, key: string, { body, sha256 = body }: Content, signal: AbortSignal) {
      const { s3, Bucket } = locate(place);
      signal.throwIfAborted();
      await tracked(place, key, () =>
        s3.send(
          new PutObjectCommand({
            Bucket,
            Key: key,
            Body: body,
            ContentLength: body.length,
            ContentType: "image/png",
            CacheControl: cacheControl,
            ChecksumSHA256: Buffer.from(sha256Of(sha256), "hex").toString("base64"),
            IfNoneMatch: "*",
          }),
        ),
      );
    },
    /** Copies an incoming object that has these bytes to a key of the images bucket that must be free. */
    async copy(key: string, source: string, body: Buffer, signal: AbortSignal) {
      const command = new CopyObjectCommand({
        Bucket: images.bucket,
        Key: key,
        CopySource: `${incoming.bucket}/${source}`,
        CopySourceIfMatch: etagOf(body),
        MetadataDirective: "REPLACE",
        ContentType: "image/png",
        CacheControl: cacheControl,
      });
      onlyOntoFreeKey(command);
      signal.throwIfAborted();
      await tracked("images", key, () => clients.images.send(command));
    },
    /** The name of the error that rejects a write; undefined when the write is accepted. */
    putError: (place: Place, key: string, content: Content, signal: AbortSignal) =>
      rejectionOf(probes.put(place, key, content, signal)),
    async get(place: Place, Key: string, signal: AbortSignal) {
      const { s3, Bucket } = locate(place);
      try {
        const command = new GetObjectCommand({ Bucket, Key });
        const { Body } = await s3.send(command, { abortSignal: signal });
        return Buffer.from(await Body!.transformToByteArray());
      } catch (error) {
        if (isRejected(error) && error.name === "NoSuchKey") return undefined;
        throw error;
      }
    },
    /** The metadata that is stored with an object; undefined when it does not exist. */
    async metadata(place: Place, Key: string, signal: AbortSignal) {
      const { s3, Bucket } = locate(place);
      try {
        const command = new HeadObjectCommand({ Bucket, Key });
        return (await s3.send(command, { abortSignal: signal })).Metadata ?? {};
      } catch (error) {
        if (isRejected(error) && error.name === "NotFound") return undefined;
        throw error;
      }
    },
    async remove(place: Place, Key: string, signal: AbortSignal) {
      const { s3, Bucket } = locate(place);
      await s3.send(new DeleteObjectCommand({ Bucket, Key }), { abortSignal: signal });
    },
    async list(place: Place, signal: AbortSignal) {
      const { s3, Bucket } = locate(place);
      const command = new ListObjectsV2Command({ Bucket, Prefix: "doctor/", MaxKeys: 1 });
      await s3.send(command, { abortSignal: signal });
    },
    presign: (key: string, declared: Buffer) =>
      presigner.presignPut(key, {
        contentType: "image/png",
        bytes: declared.length,
        sha256: sha256Of(declared),
        expiresInSeconds: 60,
      }),
    /** The status of a GET of a private object, by a presigned URL or without a signature. */
    async privateGet(key: string, isSigned: boolean, signal: AbortSignal) {
      const url = new URL(await reader.presignGet(key));
      if (!isSigned) url.search = "";
      const response = await fetch(url, { signal });
      await response.arrayBuffer();
      return response.status;
    },
    /** The status of a PUT to a presigned URL, with further headers that it does not sign. */
    async presignedPut(
      key: string,
      content: Content,
      signal: AbortSignal,
      unsigned: Record<string, string> = {},
    ) {
      return (await probes.presignedPutResponse(key, content, signal, unsigned)).status;
    },
    /** The same, with the headers of the response. */
    async presignedPutResponse(
      key: string,
      { body, sha256 = body }: Content,
      signal: AbortSignal,
      unsigned: Record<string, string>,
    ) {
      const { url, headers: signed } = await probes.presign(key, sha256);
      signal.throwIfAborted();
      const headers = { ...signed, ...unsigned };
      return tracked("incoming", key, async () => {
        const bytes = new Uint8Array(body);
        const timeout = AbortSignal.timeout(maxWriteMs);
        const response = await fetch(url, { method: "PUT", headers, body: bytes, signal: timeout });
        await response.arrayBuffer();
        if (response.status >= 400 && response.status < 500 && response.status !== 412)
          written.delete(`${incoming.bucket}/${key}`);
        return { status: response.status, headers: response.headers };
      });
    },
    /** Runs work that removes what it wrote itself: `removeAll` waits for it. */
    async waitedFor<T>(work: () => Promise<T>): Promise<T> {
      const working = work();
      inFlight.add(working);
      try {
        return await working;
      } finally {
        inFlight.delete(working);
      }
    },
    /** Removes every object that may still exist. Resolves to a finding for each that it could not remove. */
    async removeAll(): Promise<Finding[]> {
      const waiting = new AbortController();
      const { signal } = waiting;
      const tooLong = sleep(maxWaitMs, undefined, { signal }).catch(() => {});
      await Promise.race([Promise.allSettled(inFlight), tooLong]);
      waiting.abort();
      const findings = await Promise.all(
        [...written.values()].map(async ({ s3, Bucket, Key }): Promise<Finding[]> => {
          try {
            const abortSignal = AbortSignal.timeout(10_000);
            await s3.send(new DeleteObjectCommand({ Bucket, Key }), { abortSignal });
            return [];
          } catch (error) {
            const text = `${Key} may still be in ${Bucket} (${reasonOf(error)}): delete it by hand`;
            return [{ mark: "!!", text }];
          }
        }),
      );
      for (const s3 of Object.values(clients)) s3.destroy();
      return findings.flat();
    },
  };
  return probes;

  function locate(place: Place) {
    if (typeof place === "object") {
      const s3 = place.keys === "web" ? clients.web : clients.images;
      return { s3, Bucket: place.bucket };
    }
    return { s3: clients[place], Bucket: links[place].bucket };
  }

  async function tracked<T>(place: Place, Key: string, write: () => Promise<T>): Promise<T> {
    const { s3, Bucket } = locate(place);
    const name = `${Bucket}/${Key}`;
    const isNew = !written.has(name);
    // removed with the store keys where those reach the bucket
    const remover = {
      [images.bucket]: clients.images,
      [incoming.bucket]: clients.incoming,
      [links.private.bucket]: clients.private,
    }[Bucket];
    written.set(name, { s3: remover ?? s3, Bucket, Key });
    try {
      return await probes.waitedFor(write);
    } catch (error) {
      if (isNew && isRejected(error)) written.delete(name);
      throw error;
    }
  }
}

/** For writes in flight when the checks are interrupted or too late. */
const maxWaitMs = 5_000;
const maxWriteMs = 15_000;

const isRejected = (error: unknown): error is S3ServiceException =>
  error instanceof S3ServiceException && (error.$metadata.httpStatusCode ?? 500) < 500;

/** The name of the error that rejects a request; undefined when it is accepted. */
export async function rejectionOf(request: Promise<unknown>): Promise<string | undefined> {
  try {
    await request;
    return undefined;
  } catch (error) {
    // these are not about the object: they would reject every request
    if (!isRejected(error) || /Signature|InvalidAccessKey|Unauthorized/.test(error.name))
      throw error;
    return error.name;
  }
}

/** R2 accepts one write a second per key, and would respond with 429 before it checks the condition. */
export const pauseBetweenWrites = (isLocal: boolean, signal: AbortSignal) =>
  sleep(isLocal ? 0 : 1_100, undefined, { signal });

/** Without an extension, because Cloudflare does not cache such objects. */
export const newKey = () => `doctor/${randomUUID()}`;

export const sha256Of = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

export const cacheControl = "public, max-age=31536000, immutable";

/** A PNG of one pixel, and other bytes of the same length. */
export const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
export const otherBytes = Buffer.from(png.map((byte, index) => (index === 50 ? byte ^ 1 : byte)));
