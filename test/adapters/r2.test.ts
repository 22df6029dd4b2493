import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { publicBucket, s3Client } from "@keepsake/adapters/cloud/r2";
import { describe, expect, inject, test } from "vitest";
import { png } from "../support/images.ts";

const { r2: part } = inject("parts");
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
  test("serves what was put, with its type and for ever", async () => {
    const key = newKey();
    const object = await stored();
    await images.put(key, object);

    const response = await fetch(images.url(key));

    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("image/png");
    expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(object.bytes.equals(Buffer.from(await response.arrayBuffer()))).toBe(true);
  });

  test("takes the same bytes under the same key twice, as after a lost answer", async () => {
    const key = newKey();
    await images.put(key, await stored());
    await images.put(key, await stored());
  });

  test("refuses other bytes under a key that is taken", async () => {
    const key = newKey();
    await images.put(key, await stored("#112233"));

    await expect(images.put(key, await stored("#ffeedd"))).rejects.toThrow(/other bytes already/);
  });

  test("refuses bytes that are not what their SHA-256 says, and stores nothing", async () => {
    const key = newKey();
    const { sha256 } = await stored("#112233");
    const lying = { ...(await stored("#ffeedd")), sha256 };

    await expect(images.put(key, lying)).rejects.toMatchObject({ name: "BadDigest" });

    expect((await fetch(images.url(key))).status).toBe(404);
  });

  test("refuses a stranger's keys", async () => {
    const stranger = publicBucket({ ...link, secretAccessKey: "not-the-secret-access-key" });
    await expect(stranger.put(newKey(), await stored())).rejects.toMatchObject({
      name: "SignatureDoesNotMatch",
    });
  });
});

describe("the S3 client", () => {
  test("puts an object in one request: path style, region auto, our SHA-256, nothing hashed twice", async () => {
    const object = await stored();

    const [request, ...more] = await overTheWire((endpoint) =>
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

  test("adds no checksums of its own, and asks for none", async () => {
    const bytes = (await stored()).bytes;

    const requests = await overTheWire(async (endpoint) => {
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

/** The requests that reach a server which says yes to everything. */
async function overTheWire(work: (endpoint: string) => Promise<unknown>) {
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

async function stored(background?: string) {
  const bytes = await png(64, background);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { bytes, contentType: "image/png", sha256 };
}
