import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { uploadPresigner } from "@keepsake/adapters/cloud/presigner";
import {
  privateBucket,
  privateImageBucket,
  publicBucket,
  s3Client,
} from "@keepsake/adapters/cloud/r2";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { noisePng, png } from "../support/images.ts";
import { sha256Of } from "../support/uploadRequests.ts";

const { r2: part } = inject("backends");
const link = {
  bucket: part.imagesBucket,
  endpoint: part.endpoint,
  publicUrl: part.publicUrl,
  accessKeyId: part.accessKeyId,
  secretAccessKey: part.secretAccessKey,
};
const images = publicBucket(link);
const newKey = () => `conformance/${randomUUID()}.png`;

describe("the images bucket", () => {
  test("serves a stored object with its type, cacheable for ever", async () => {
    const key = newKey();
    const object = await newObject();
    await images.put(key, object);

    const response = await fetch(images.url(key));

    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("image/png");
    expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(object.bytes.equals(Buffer.from(await response.arrayBuffer()))).toBe(true);
  });

  test("accepts the same bytes under the same key again, as after a lost response", async () => {
    const key = newKey();
    await images.put(key, await newObject());
    await images.put(key, await newObject());
  });

  test("refuses other bytes under a key that is taken", async () => {
    const key = newKey();
    await images.put(key, await newObject("#112233"));

    await expect(images.put(key, await newObject("#ffeedd"))).rejects.toThrow(
      /other bytes already/,
    );
  });

  test("rejects bytes that do not match their SHA-256, and stores nothing", async () => {
    const key = newKey();
    const { sha256 } = await newObject("#112233");
    const mismatched = { ...(await newObject("#ffeedd")), sha256 };

    await expect(images.put(key, mismatched)).rejects.toMatchObject({
      cause: { name: "BadDigest" },
    });

    expect((await fetch(images.url(key))).status).toBe(404);
  });

  test("rejects another account's credentials", async () => {
    const otherAccount = publicBucket({ ...link, secretAccessKey: "not-the-secret-access-key" });
    await expect(otherAccount.put(newKey(), await newObject())).rejects.toMatchObject({
      name: "SignatureDoesNotMatch",
    });
  });
});

describe.runIf(part.copies)("an incoming object that is published unchanged", () => {
  const s3 = s3Client(link);
  const copying = { ...link, copiesFrom: part.incomingBucket };
  const bucket = publicBucket(copying);
  const privateImages = privateImageBucket({ ...copying, bucket: part.privateBucket });
  const [small, large, other] = [200, 400, 400].map((side) => noisePng(side));

  async function send(bytes: Buffer) {
    const incomingKey = `conformance/${randomUUID()}`;
    const Bucket = part.incomingBucket;
    const stored = { ContentType: "image/gif", CacheControl: "no-store", Metadata: { by: "us" } };
    await s3.send(new PutObjectCommand({ Bucket, Key: incomingKey, Body: bytes, ...stored }));
    return { incomingKey, bytes, contentType: "image/png", sha256: sha256Of(bytes) };
  }

  test("is copied, with the type and the caching of what is published", async () => {
    const object = await send(await large!);
    const Key = newKey();
    await bucket.put(Key, object);
    await privateImages.put(Key, object);

    for (const [Bucket, CacheControl] of [
      [part.imagesBucket, "public, max-age=31536000, immutable"],
      [part.privateBucket, "private, max-age=3600, immutable"],
    ] as const) {
      const stored = await s3.send(new GetObjectCommand({ Bucket, Key }));
      expect(stored).toMatchObject({ ContentType: "image/png", CacheControl });
      expect(stored.Metadata ?? {}).toEqual({});
      expect(object.bytes.equals(await stored.Body!.transformToByteArray())).toBe(true);
    }
  });

  test("is copied again without an error, as after a lost response", async () => {
    const [object, key] = [await send(await large!), newKey()];
    await bucket.put(key, object);
    await bucket.put(key, object);
  });

  test("is not copied onto a key that is taken", async () => {
    const [object, key] = [await send(await large!), newKey()];
    await bucket.put(key, { ...object, ...(await newObject()), incomingKey: undefined });
    await expect(bucket.put(key, object)).rejects.toThrow(/other bytes already/);
    expect(await bucket.get(key, 1e6)).toEqual((await newObject()).bytes);
  });

  test("is copied once by two copies at once, of which the other learns it", async () => {
    const [one, two] = await Promise.all([large!, other!].map(async (bytes) => send(await bytes)));
    const key = newKey();
    const puts = await Promise.allSettled([bucket.put(key, one!), bucket.put(key, two!)]);
    expect(puts.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const winner = puts[0]!.status === "fulfilled" ? one : two;
    expect(await bucket.get(key, 1e6)).toEqual(winner!.bytes);
  });

  test.for([
    ["replaced", async (key: string) => rewrite(key, await other!)],
    ["removed", (key: string) => privateBucket(incomingLink).remove(key)],
  ] as const)("is not published when it was %s since it was read", async ([, change]) => {
    const [object, key] = [await send(await large!), newKey()];
    await change(object.incomingKey);
    await expect(bucket.put(key, object)).rejects.toMatchObject({ name: "RetryableError" });
    expect(await bucket.size(key)).toBeUndefined();
  });
  const incomingLink = { ...link, bucket: part.incomingBucket };
  const rewrite = (Key: string, Body: Buffer) =>
    s3.send(new PutObjectCommand({ Bucket: part.incomingBucket, Key, Body }));

  test("is sent when it is small, or by a store that cannot copy", async () => {
    const key = newKey();
    for (const [bytes, copiesFrom] of [
      [await small!, ""],
      [await png(64), part.incomingBucket],
    ] as const) {
      const object = { incomingKey: key, bytes, contentType: "image/png", sha256: sha256Of(bytes) };
      const [request] = await recordRequests((endpoint) =>
        publicBucket({ ...link, copiesFrom, endpoint }).put(key, object),
      );
      expect(request!.headers).toMatchObject({ "content-length": String(bytes.length) });
      expect(request!.headers).not.toHaveProperty("x-amz-copy-source");
    }
  });
});

describe("the web keys", () => {
  const web = s3Client({ endpoint: part.endpoint, ...part.web });
  const Bucket = link.bucket;
  const published = newKey();
  beforeAll(async () => images.put(published, await newObject()));

  test.for([
    ["write", () => web.send(new PutObjectCommand({ Bucket, Key: newKey(), Body: "text" }))],
    ["read", () => web.send(new GetObjectCommand({ Bucket, Key: published }))],
    ["list", () => web.send(new ListObjectsV2Command({ Bucket, Prefix: "conformance/" }))],
    ["delete", () => web.send(new DeleteObjectCommand({ Bucket, Key: published }))],
  ] as const)("cannot %s public objects", async ([, request]) => {
    await expect(request()).rejects.toMatchObject({ name: "AccessDenied" });
    expect(await images.size(published)).toBeGreaterThan(0);
  });

  test("presign a PUT that the incoming bucket accepts", async () => {
    const object = await newObject();
    const Key = newKey();
    const incoming = { endpoint: part.endpoint, ...part.web, bucket: part.incomingBucket };
    const { url, headers } = await uploadPresigner(incoming).presignPut(Key, {
      ...{ contentType: "image/png", sha256: object.sha256, bytes: object.bytes.length },
      expiresInSeconds: 60,
    });
    const body = new Uint8Array(object.bytes);
    expect((await fetch(url, { method: "PUT", headers, body })).status).toBe(200);
    const { accessKeyId, secretAccessKey } = link;
    const stored = privateBucket({ ...incoming, accessKeyId, secretAccessKey });
    expect(await stored.get(Key, 100_000)).toEqual(object.bytes);
  });
});

describe("a presigned PUT", () => {
  const s3 = s3Client(link);
  const Bucket = part.incomingBucket;
  const incoming = { endpoint: part.endpoint, ...part.web, bucket: Bucket };

  test.for([
    ["x-amz-copy-source", "CopyObject"],
    ["x-amz-acl", "an ACL"],
    ["x-amz-meta-owner", "metadata"],
    ["x-amz-tagging", "tags"],
    ["x-amz-website-redirect-location", "a redirect"],
  ] as const)(
    "with an unsigned %s does or stores no more than the URL signs: not %s",
    async ([name]) => {
      const [source, Key] = [`conformance/${randomUUID()}`, `conformance/${randomUUID()}`];
      const [theirs, ours] = [await newObject("#112233"), await newObject("#445566")];
      await s3.send(new PutObjectCommand({ Bucket, Key: source, Body: theirs.bytes }));
      const values: Partial<Record<typeof name, string>> = {
        "x-amz-copy-source": `/${Bucket}/${source}`,
        "x-amz-acl": "public-read",
        "x-amz-tagging": "a=b",
        "x-amz-website-redirect-location": "https://example.com/",
      };
      const { url, headers } = await uploadPresigner(incoming).presignPut(Key, {
        ...{ contentType: "image/png", sha256: ours.sha256, bytes: ours.bytes.length },
        expiresInSeconds: 60,
      });
      const unsigned = { ...headers, [name]: values[name] ?? "another" };
      const body = new Uint8Array(ours.bytes);
      const { status } = await fetch(url, { method: "PUT", headers: unsigned, body });

      const stored = await s3.send(new GetObjectCommand({ Bucket, Key })).catch(({ name }) => name);
      if (stored === "NoSuchKey") return expect(status).toBeGreaterThanOrEqual(400);
      expect(ours.bytes.equals(Buffer.from(await stored.Body.transformToByteArray()))).toBe(true);
      expect([stored.ContentType, stored.Metadata ?? {}]).toEqual(["image/png", {}]);
      expect(stored.TagCount ?? 0).toBe(0);
      expect(stored.WebsiteRedirectLocation).toBeUndefined();
      expect((await fetch(`${incoming.endpoint}/${Bucket}/${Key}`)).ok).toBe(false);
    },
  );
});

describe("the S3 client", () => {
  test("puts an object in one request: path style, region auto, our SHA-256, nothing hashed twice", async () => {
    const object = await newObject();

    const [request, ...more] = await recordRequests((endpoint) =>
      publicBucket({ ...link, endpoint }).put("portraits/a/b_portrait.png", object),
    );

    expect(more).toEqual([]);
    const { method, url, headers } = request!;
    expect(`${method} ${url}`).toBe(
      `PUT /${link.bucket}/portraits/a/b_portrait.png?x-id=PutObject`,
    );
    expect(headers).toMatchObject({
      "content-length": String(object.bytes.length),
      "content-type": "image/png",
      "if-none-match": "*",
      "x-amz-checksum-sha256": Buffer.from(object.sha256, "hex").toString("base64"),
      "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
      authorization: expect.stringMatching(/\/auto\/s3\/aws4_request/),
    });
    expect(headers).not.toHaveProperty("expect");
  });

  test("adds no checksums of its own, and requests none", async () => {
    const bytes = (await newObject()).bytes;

    const requests = await recordRequests(async (endpoint) => {
      const s3 = s3Client({ ...link, endpoint });
      const object = { Bucket: "images", Key: "a.png" };
      await s3.send(new PutObjectCommand({ ...object, Body: bytes }));
      await s3.send(new GetObjectCommand(object));
    });

    expect(requests).toHaveLength(2);
    for (const { headers } of requests)
      for (const name of Object.keys(headers))
        expect(name).not.toMatch(/^x-amz-(checksum|sdk-checksum|trailer)/);
  });
});

/** The requests that `work` sends to a server that accepts everything. */
async function recordRequests(work: (endpoint: string) => Promise<unknown>) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    request.resume().on("end", () => response.end());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  server.close();
  server.closeAllConnections();
  return requests;
}

async function newObject(background?: string) {
  const bytes = await png(64, background);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { bytes, contentType: "image/png", sha256 };
}
