import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { uploadPresigner } from "@keepsake/adapters/cloud/presigner";
import { privateBucket } from "@keepsake/adapters/cloud/r2";
import { describe, expect, inject } from "vitest";
import { putTo, sha256Of, uploadRequest } from "../support/files.ts";
import { png } from "../support/images.ts";
import { isSigned } from "../support/sigv4.ts";
import { sweep, testWithoutConsumers as test } from "../support/stack.ts";

describe("a presigned PUT", () => {
  test("is signed over host, content type, length, SHA-256 and if-none-match", async ({
    owner: { client },
  }) => {
    const bytes = await png();
    const { url, headers } = await client.presignUpload(uploadRequest(bytes));
    const { host, searchParams, pathname } = new URL(url);

    expect(searchParams.get("X-Amz-SignedHeaders")).toBe(
      "content-length;content-type;host;if-none-match;x-amz-checksum-sha256",
    );
    expect(searchParams.get("X-Amz-Expires")).toBe("300");
    expect(pathname).toMatch(/\/incoming\/uploads\/[0-9a-f-]{36}$/);
    const sent = { ...headers, host, "content-length": String(bytes.length) };
    const { secretAccessKey } = inject("backends").r2;
    expect(isSigned({ method: "PUT", url, headers: sent }, secretAccessKey)).toBe(true);
    const other = { ...sent, "content-length": String(bytes.length + 1) };
    expect(isSigned({ method: "PUT", url, headers: other }, secretAccessKey)).toBe(false);
  });

  test("is rejected by R2 for other bytes, another length, type or key, and stores nothing", async ({
    owner: { client },
  }) => {
    const bytes = await png();
    const ticket = await client.presignUpload(uploadRequest(bytes));
    const otherBytes = Buffer.from(bytes).fill(0, 40);
    const otherSum = Buffer.from(sha256Of(otherBytes), "hex").toString("base64");

    expect(await putTo(ticket, otherBytes)).toMatchObject({
      status: 400,
      body: expect.stringContaining("BadDigest"),
    });
    const rejected = [
      putTo(ticket, Buffer.concat([bytes, bytes])),
      putTo(ticket, bytes.subarray(0, -1)),
      putTo(ticket, bytes, { "content-type": "text/html" }),
      putTo(ticket, otherBytes, { "x-amz-checksum-sha256": otherSum }),
      putTo({ ...ticket, url: ticket.url.replace(/uploads\/......../, "uploads/00000000") }, bytes),
      putTo({ ...ticket, url: ticket.url.replace("/incoming/", "/images/") }, bytes),
    ];
    for (const { status } of await Promise.all(rejected)) expect([400, 403]).toContain(status);
    await expect(client.completeUpload(ticket)).rejects.toMatchObject({
      code: "upload.not_received",
    });
    const { "if-none-match": _, ...withoutCondition } = ticket.headers;
    expect((await putTo({ ...ticket, headers: withoutCondition }, bytes)).status).toBe(403);
  });

  test("works once: R2 answers a replay with 412, even after completion and a sweep", async ({
    stack,
    owner: { client },
  }) => {
    const bytes = await png(64, "#123456");
    const ticket = await client.presignUpload(uploadRequest(bytes));
    expect((await putTo(ticket, bytes)).status).toBe(200);
    expect((await putTo(ticket, bytes)).status).toBe(412);
    await client.completeUpload(ticket);
    await sweep(stack);
    expect((await putTo(ticket, bytes)).status).toBe(412);
  });

  test("is rejected by R2 once it has expired, and stores nothing", async () => {
    const {
      incomingBucket: bucket,
      endpoint,
      accessKeyId,
      secretAccessKey,
    } = inject("backends").r2;
    const link = { bucket, endpoint, accessKeyId, secretAccessKey };
    const bytes = await png();
    const key = `uploads/${randomUUID()}`;
    const declared = { contentType: "image/png", bytes: bytes.length, sha256: sha256Of(bytes) };
    const ticket = await uploadPresigner(link).presignPut(key, {
      ...declared,
      expiresInSeconds: 1,
    });
    await sleep(2_100);

    expect(await putTo(ticket, bytes)).toMatchObject({
      status: 403,
      body: expect.stringContaining("ExpiredRequest"),
    });

    expect(await privateBucket(link).get(key, 100)).toBeUndefined();
  });

  test("keeps its object until the URL has expired; then the sweep removes it", async ({
    stack,
    owner: { client },
  }) => {
    const bytes = await png(64, "#234567");
    const ticket = await client.presignUpload(uploadRequest(bytes));
    await putTo(ticket, bytes);
    await client.completeUpload(ticket);
    const { upload_id } = ticket;
    await stack.sql`
      update images set url_expires_at = now() - interval '1 s' where image_id = ${upload_id}
    `;

    expect((await putTo(ticket, bytes)).status).toBe(412);

    await sweep(stack);

    // this URL is in fact still valid: the PUT succeeds because the object is gone
    expect((await putTo(ticket, bytes)).status).toBe(200);
  });
});
