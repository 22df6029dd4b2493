import { randomUUID } from "node:crypto";
import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { exportStore } from "@keepsake/adapters/cloud/exportStore";
import { downloadPresigner } from "@keepsake/adapters/cloud/presigner";
import { s3Client } from "@keepsake/adapters/cloud/r2";
import { afterAll, describe, expect, inject, test } from "vitest";
import {
  chunksOf,
  mebibyte,
  partBytes,
  sha256OfChunks,
  storedOf,
} from "../support/exportWrites.ts";

const { r2 } = inject("backends");
const { endpoint, accessKeyId, secretAccessKey, privateBucket: Bucket } = r2;
const s3 = s3Client({ endpoint, accessKeyId, secretAccessKey });
const store = exportStore({ endpoint, accessKeyId, secretAccessKey, bucket: Bucket });
const urls = downloadPresigner({ endpoint, ...r2.web, bucket: Bucket });
const filename = "set.zip";

/** Keys of a prefix of their own: a real bucket may have others. */
const written: string[] = [];
function newKey() {
  const key = `conformance/${randomUUID()}/0.zip`;
  written.push(key);
  return key;
}
afterAll(async () => {
  for (const key of written) {
    await store.abortUnfinished(key);
    await store.remove(key);
  }
  s3.destroy();
});

describe("the export store", { timeout: 60_000 }, () => {
  test.for([
    ["nothing", 0, 1],
    ["one byte", 1, 1],
    ["a part, exactly", partBytes, 1],
    ["a part and a byte", partBytes + 1, 2],
    ["two parts, exactly", 2 * partBytes, 2],
    ["three parts", 20 * mebibyte, 3],
  ] as const)(
    "stores %s as one object, and says its size and SHA-256",
    async ([, bytes, parts]) => {
      const key = newKey();
      const sha256 = await sha256OfChunks(chunksOf(bytes));

      const result = await store.write(key, chunksOf(bytes), { filename });

      expect(result).toEqual({ bytes, sha256 });
      const { ETag } = await s3.send(new HeadObjectCommand({ Bucket, Key: key }));
      expect(ETag).toMatch(parts === 1 ? /^"[0-9a-f]{32}"$/ : new RegExp(`-${parts}"$`));
      const response = await fetch(await urls.presignGet(key));
      expect(await sha256OfChunks(response.body!)).toBe(sha256);
      expect(await storedOf(s3, Bucket, key)).toEqual({ bytes, unfinished: 0 });
    },
  );

  test("stores chunks of any size in order", async () => {
    const sizes = [0, 1, partBytes - 2, 2, 3 * mebibyte, 0, 9 * mebibyte, 5];
    const chunks = async function* () {
      for (const [index, size] of sizes.entries()) yield Buffer.alloc(size, index + 1);
    };
    const key = newKey();

    const { sha256 } = await store.write(key, chunks(), { filename });

    expect(sha256).toBe(await sha256OfChunks(chunks()));
    const response = await fetch(await urls.presignGet(key));
    expect(await sha256OfChunks(response.body!)).toBe(sha256);
  });

  test.for([
    ["", 100],
    ["in parts ", partBytes + 1],
  ] as const)(
    "gives a zip that was sent %sto browsers as a file with its name",
    async ([, size]) => {
      const key = newKey();
      await store.write(key, chunksOf(size), { filename: 'Jörg\'s "cats" 🐈/\r\nx.zip' });

      const { status, headers } = await fetch(await urls.presignGet(key), {
        headers: { range: "bytes=0-9" },
      });

      expect([status, headers.get("content-range")]).toEqual([206, `bytes 0-9/${size}`]);
      expect(headers.get("content-type")).toBe("application/zip");
      expect(headers.get("cache-control")).toBe("private, no-store");
      expect(headers.get("content-disposition")).toBe(
        `attachment; filename="J_rg's _cats_ _____x.zip"; ` +
          "filename*=UTF-8''J%C3%B6rg%27s%20%22cats%22%20%F0%9F%90%88%2F%0D%0Ax.zip",
      );
    },
  );

  test("gives any range of an object that was sent in parts", async () => {
    const [key, bytes] = [newKey(), partBytes + 2 * mebibyte];
    await store.write(key, chunksOf(bytes), { filename });
    const chunks: Buffer[] = [];
    for await (const chunk of chunksOf(bytes)) chunks.push(Buffer.from(chunk));
    const all = Buffer.concat(chunks);
    for (const [first, last] of [
      [partBytes - 5, partBytes + 5],
      [partBytes, partBytes],
      [bytes - 10, bytes - 1],
    ] as const) {
      const command = new GetObjectCommand({ Bucket, Key: key, Range: `bytes=${first}-${last}` });
      const { Body, ContentLength } = await s3.send(command);
      expect(ContentLength).toBe(last - first + 1);
      const read = Buffer.from(await Body!.transformToByteArray());
      expect(read.equals(all.subarray(first, last + 1))).toBe(true);
    }
  });

  test.for([
    ["before its first part", 1],
    ["after two parts", 3 * partBytes],
  ] as const)("leaves nothing when its source fails %s", async ([, bytes]) => {
    const key = newKey();
    const failing = async function* () {
      yield* chunksOf(bytes);
      throw new Error("a picture is gone");
    };

    const write = store.write(key, failing(), { filename });

    await expect(write).rejects.toThrow("a picture is gone");
    expect(await storedOf(s3, Bucket, key)).toEqual({ bytes: undefined, unfinished: 0 });
  });

  test("leaves nothing when it is aborted, and closes its source", async () => {
    const key = newKey();
    const stop = new AbortController();
    let isClosed = false;
    const source = async function* () {
      try {
        yield* chunksOf(3 * partBytes);
        stop.abort(new Error("the lease was lost"));
        yield* chunksOf(100 * partBytes);
      } finally {
        isClosed = true;
      }
    };

    const write = store.write(key, source(), { filename, signal: stop.signal });

    await expect(write).rejects.toThrow("the lease was lost");
    expect(isClosed).toBe(true);
    expect(await storedOf(s3, Bucket, key)).toEqual({ bytes: undefined, unfinished: 0 });
  });

  test("does not wait for a source that hangs when it is aborted", async () => {
    const key = newKey();
    const stop = new AbortController();
    const hanging = async function* () {
      yield* chunksOf(partBytes + 1);
      setTimeout(() => stop.abort(new Error("too late")), 50);
      await new Promise(() => {});
    };
    const write = store.write(key, hanging(), { filename, signal: stop.signal });
    await expect(write).rejects.toThrow("too late");
    expect(await storedOf(s3, Bucket, key)).toEqual({ bytes: undefined, unfinished: 0 });
  });

  test("reads nothing when it was aborted before", async () => {
    const signal = AbortSignal.abort(new Error("too late"));
    const unread = {
      [Symbol.asyncIterator]: () => {
        throw new Error("it was read");
      },
    };
    await expect(store.write(newKey(), unread, { filename, signal })).rejects.toThrow("too late");
  });

  test("aborts what an earlier attempt left of the same key, and of no other", async () => {
    const key = newKey();
    const longer = `${key}.of-another`;
    written.push(longer);
    for (const Key of [key, key, longer]) {
      const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
      await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: "part" }));
    }
    expect(await storedOf(s3, Bucket, key)).toEqual({ bytes: undefined, unfinished: 3 });

    await store.write(key, chunksOf(10), { filename });

    expect(await storedOf(s3, Bucket, key)).toEqual({ bytes: 10, unfinished: 1 });
    expect(await storedOf(s3, Bucket, longer)).toEqual({ bytes: undefined, unfinished: 1 });
  });

  test("replaces the object of an earlier attempt whose end was not recorded", async () => {
    const key = newKey();
    for (const bytes of [100, partBytes + 7, 200]) {
      await store.write(key, chunksOf(bytes), { filename });
      expect(await storedOf(s3, Bucket, key)).toEqual({ bytes, unfinished: 0 });
    }
  });

  test("gives up, to be tried again, when another attempt aborted its upload", async () => {
    const key = newKey();
    const source = async function* () {
      yield* chunksOf(3 * partBytes);
      await store.abortUnfinished(key);
      yield* chunksOf(3 * partBytes);
    };
    const write = store.write(key, source(), { filename });
    await expect(write).rejects.toMatchObject({
      name: "RetryableError",
      cause: { name: "NoSuchUpload" },
    });
    expect(await storedOf(s3, Bucket, key)).toEqual({ bytes: undefined, unfinished: 0 });
  });

  test("removes an object, and says how large it was", async () => {
    const key = newKey();
    await store.write(key, chunksOf(partBytes + 1), { filename });
    expect(await store.remove(key)).toBe(partBytes + 1);
    expect(await store.remove(key)).toBeUndefined();
    await store.abortUnfinished(key);
  });
});
