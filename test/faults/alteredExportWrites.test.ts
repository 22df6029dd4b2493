import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { exportStore } from "@keepsake/adapters/cloud/exportStore";
import { s3Client } from "@keepsake/adapters/cloud/r2";
import * as objectKeys from "@keepsake/core/images/objectKeys";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { alteringProxy, unaltered } from "../support/alteringProxy.ts";
import { chunksOf, partBytes, sha256OfChunks, storedOf } from "../support/exportWrites.ts";

const { r2 } = inject("backends");
const { accessKeyId, secretAccessKey, privateBucket: Bucket } = r2;
const s3 = s3Client({ endpoint: r2.endpoint, accessKeyId, secretAccessKey });
const bytes = 2 * partBytes + 99;
const newKey = () => objectKeys.exportFile(randomUUID(), 0);

type Proxy = Awaited<ReturnType<typeof alteringProxy>>;
type Request = Parameters<Proxy["alterBody"]>[0];
let proxy: Proxy;
let write: (key: string, size?: number) => Promise<{ bytes: number; sha256: string }>;

beforeAll(async () => {
  proxy = await alteringProxy(r2.endpoint);
  const link = { endpoint: proxy.url, accessKeyId, secretAccessKey, bucket: Bucket };
  const store = exportStore(link);
  write = (key, size = bytes) => store.write(key, chunksOf(size), { filename: "set.zip" });
});
afterEach(() => {
  proxy.alter = unaltered;
  proxy.alterBody = ({ body }) => body;
});
afterAll(async () => {
  s3.destroy();
  await proxy.stop();
});

/** The S3 operation of a request, and its part. */
function operationOf({ method, query }: Request): string {
  if (query.has("uploads")) return method === "GET" ? "list" : "create";
  if (query.has("partNumber")) return `part ${query.get("partNumber")}`;
  if (query.has("uploadId")) return method === "POST" ? "complete" : "abort";
  return method.toLowerCase();
}

/** Records the operations, and calls `alter` with each. */
function record(alter: (operation: string, count: number) => void = () => {}) {
  const operations: string[] = [];
  proxy.alter = (request, response) => {
    const operation = operationOf(request);
    operations.push(operation);
    alter(operation, operations.filter((each) => each === operation).length);
    return response;
  };
  return operations;
}

function loseResponse(): never {
  throw new Error("the connection is cut before the response");
}

async function expectStored(key: string, size = bytes) {
  expect(await storedOf(s3, Bucket, key)).toEqual({ bytes: size, unfinished: 0 });
}
const nothing = { bytes: undefined, unfinished: 0 };

describe("a write of the export store", { timeout: 60_000 }, () => {
  test("sends each part once, at most two at a time, with six requests for three parts", async () => {
    const begun: string[] = [];
    const second = Promise.withResolvers<void>();
    proxy.alterBody = (request) => {
      if (request.query.has("partNumber")) begun.push(operationOf(request));
      if (begun.length === 2) second.resolve();
      return request.body;
    };
    const operations: string[] = [];
    const atFirstResponse: string[][] = [];
    proxy.alter = async (request, response) => {
      const operation = operationOf(request);
      if (operation.startsWith("part")) {
        await second.promise; // no part is confirmed before the second one was sent
        await sleep(200); // a third one would be sent meanwhile
        atFirstResponse.push([...begun]);
      }
      operations.push(operation);
      return response;
    };
    await write(newKey());
    expect(atFirstResponse[0]).toHaveLength(2);
    expect(operations.toSorted()).toEqual([
      ...["complete", "create", "list", "part 1", "part 2", "part 3"],
    ]);
    expect(begun).toHaveLength(3);
  });

  test("sends a small zip with two requests", async () => {
    const operations = record();
    await write(newKey(), 100);
    expect(operations).toEqual(["list", "put"]);
  });

  test("sends a part again that was refused, and no other", async () => {
    const operations: string[] = [];
    proxy.alter = (request, response) => {
      const operation = operationOf(request);
      const isFirst = !operations.includes(operation);
      operations.push(operation);
      return operation === "part 2" && isFirst
        ? { ...response, status: 503, body: Buffer.alloc(0) }
        : response;
    };
    const key = newKey();
    const { sha256 } = await write(key);
    expect(sha256).toBe(await sha256OfChunks(chunksOf(bytes)));
    expect(operations.filter((operation) => operation.startsWith("part")).toSorted()).toEqual([
      ...["part 1", "part 2", "part 2", "part 3"],
    ]);
    await expectStored(key);
  });

  test("sends a part again when its response is lost", async () => {
    record((operation, count) => void (operation === "part 1" && count === 1 && loseResponse()));
    const key = newKey();
    await write(key);
    await expectStored(key);
  });

  const altered = (body: Buffer) => Buffer.concat([body.subarray(1), Buffer.from([7])]);

  test.for([
    ["part", bytes, "part 2"],
    ["small zip", 1_000, "put"],
  ] as const)(
    "sends a %s again that was altered on its way, since R2 checks its MD5",
    async ([, size, name]) => {
      let times = 0;
      proxy.alterBody = (request) =>
        operationOf(request) === name && ++times === 1 ? altered(request.body) : request.body;
      const key = newKey();
      const { sha256 } = await write(key, size);
      expect([times, sha256]).toEqual([2, await sha256OfChunks(chunksOf(size))]);
      await expectStored(key, size);
    },
  );

  test.for([
    ["part", bytes, "part 2"],
    ["small zip", 1_000, "put"],
  ] as const)(
    "leaves nothing when a %s is altered each time, and may be tried again",
    async ([, size, name]) => {
      proxy.alterBody = (request) =>
        operationOf(request) === name ? altered(request.body) : request.body;
      const key = newKey();
      await expect(write(key, size)).rejects.toMatchObject({
        name: "RetryableError",
        cause: { name: "BadDigest" },
      });
      expect(await storedOf(s3, Bucket, key)).toEqual(nothing);
    },
  );

  test("leaves nothing when R2 confirms another MD5 of a part than that of its bytes", async () => {
    let times = 0;
    proxy.alter = (request, response) => {
      if (operationOf(request) !== "part 1") return response;
      times += 1;
      const headers = response.headers.map((header, index) =>
        response.headers[index - 1]?.toLowerCase() === "etag" ? `"${"0".repeat(32)}"` : header,
      );
      return { ...response, headers };
    };
    const key = newKey();
    await expect(write(key)).rejects.toMatchObject({
      name: "RetryableError",
      message: "The bucket confirmed other bytes than were sent",
    });
    expect(times).toBe(3);
    expect(await storedOf(s3, Bucket, key)).toEqual(nothing);
  });

  test.for([1, 3])(
    "finds its object when the response to its end was lost %i times",
    async (times) => {
      const operations = record(
        (operation, count) => void (operation === "complete" && count <= times && loseResponse()),
      );
      const key = newKey();
      const { sha256 } = await write(key);
      expect(sha256).toBe(await sha256OfChunks(chunksOf(bytes)));
      expect(operations).toContain("head");
      await expectStored(key);
    },
  );

  test("does not take another object under the key for its own when its end fails", async () => {
    const key = newKey();
    await write(key);
    proxy.alterBody = (request) => {
      if (operationOf(request) !== "complete") return request.body;
      return Buffer.from(request.body.toString().replace(/<Part>/, "<Pant>"));
    };
    await expect(write(key, bytes + 1)).rejects.toThrow();
    await expectStored(key, bytes);
  });

  test("leaves nothing when the store is down before its end, and may be tried again", async () => {
    const operations: string[] = [];
    proxy.alterBody = (request) => {
      const operation = operationOf(request);
      operations.push(operation);
      return operation === "complete" ? Buffer.alloc(request.body.length, " ") : request.body;
    };
    proxy.alter = (request, response) =>
      ["complete", "head"].includes(operationOf(request))
        ? { ...response, status: 503, body: Buffer.alloc(0) }
        : response;
    const key = newKey();
    await expect(write(key)).rejects.toMatchObject({ name: "RetryableError" });
    expect(operations.at(-1)).toBe("abort");
    expect(await storedOf(s3, Bucket, key)).toEqual(nothing);
  });

  test("may be tried again when the list of what is unfinished cannot be read", async () => {
    record((operation) => void (operation === "list" && loseResponse()));
    await expect(write(newKey())).rejects.toMatchObject({ name: "RetryableError" });
  });
});
