import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { publicBucket } from "@keepsake/adapters/r2";
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

test("an object goes out in one request: path style, region auto, our SHA-256, no CRC, nothing hashed twice", async () => {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    request.resume().on("end", () => response.end());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const object = await stored();

  await publicBucket({ ...link, endpoint }).put("portraits/a/b_portrait.png", object);

  expect(requests).toHaveLength(1);
  const { method, url, headers } = requests[0]!;
  expect(`${method} ${url}`).toBe(`PUT /${link.bucket}/portraits/a/b_portrait.png?x-id=PutObject`);
  expect(headers).toMatchObject({
    "content-length": String(object.bytes.length),
    "content-type": "image/png",
    "if-none-match": "*",
    "x-amz-checksum-sha256": Buffer.from(object.sha256, "hex").toString("base64"),
    "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
    authorization: expect.stringMatching(/\/auto\/s3\/aws4_request/),
  });
  for (const name of [
    "x-amz-checksum-crc32",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-trailer",
    "expect",
  ])
    expect(headers).not.toHaveProperty(name);
  server.closeAllConnections();
  server.close();
});

async function stored(background?: string) {
  const bytes = await png(64, background);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { bytes, contentType: "image/png", sha256 };
}
