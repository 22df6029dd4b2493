import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { uploadPresigner } from "@keepsake/adapters/cloud/presigner";
import { privateBucket, s3Client } from "@keepsake/adapters/cloud/r2";
import { describe, expect, inject } from "vitest";
import { png } from "../support/images.ts";
import { newOwner, sweep, testWithoutConsumers as test } from "../support/stack.ts";
import { putTo, sha256Of, uploadRequest } from "../support/uploadRequests.ts";
import { isSigned, presignedUrl } from "../support/verifyAwsSignature.ts";

/** Each changes what a PUT does or stores; `{source}` is another owner's object. */
const unsignedHeaders: [string, string][] = [
  ["x-amz-copy-source", "{source}"],
  ["x-amz-acl", "public-read"],
  ["x-amz-grant-read", 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'],
  ["x-amz-meta-owner", "another"],
  ["x-amz-meta-gate-sha256", "AAAA"],
  ["x-amz-tagging", "a=b"],
  ["x-amz-website-redirect-location", "https://evil.example/"],
  ["x-amz-storage-class", "STANDARD_IA"],
  ["x-amz-server-side-encryption-customer-algorithm", "AES256"],
  ["content-disposition", "attachment"],
  ["content-encoding", "gzip"],
  ["content-language", "de"],
  ["expires", "Thu, 01 Jan 2037 00:00:00 GMT"],
];

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
    const { secretAccessKey } = inject("backends").r2.web;
    expect(isSigned({ method: "PUT", url, headers: sent }, secretAccessKey)).toBe(true);
    const other = { ...sent, "content-length": String(bytes.length + 1) };
    expect(isSigned({ method: "PUT", url, headers: other }, secretAccessKey)).toBe(false);
  });

  test("is signed with the web keys, which R2 refuses in the public bucket, and its object is published", async ({
    owner: { client },
  }) => {
    const bytes = await png(64, "#abcdef");
    const ticket = await client.presignUpload(uploadRequest(bytes));
    const { endpoint, web } = inject("backends").r2;
    const credential = new URL(ticket.url).searchParams.get("X-Amz-Credential");
    expect(credential?.split("/")[0]).toBe(web.accessKeyId);

    const key = `images/${randomUUID()}.png`;
    const link = { bucket: inject("backends").r2.imagesBucket, endpoint, ...web };
    const declared = { contentType: "image/png", bytes: bytes.length, sha256: sha256Of(bytes) };
    const stolen = await uploadPresigner(link).presignPut(key, {
      ...declared,
      expiresInSeconds: 60,
    });
    expect(await putTo(stolen, bytes)).toMatchObject({
      status: 403,
      body: expect.stringContaining("<Code>AccessDenied</Code>"),
    });

    expect((await putTo(ticket, bytes)).status).toBe(200);
    const { image } = await client.completeUpload(ticket);
    expect((await fetch(image.url!)).status).toBe(200);
  });

  test("is rejected by R2 for other bytes, another length, type or key, and stores nothing", async ({
    owner: { client },
    task,
  }) => {
    task.meta.cases = 8;
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

  test.for(unsignedHeaders)(
    "is rejected by R2 with an unsigned %s, and stores nothing",
    async ([name, value], { stack, owner: { client } }) => {
      const other = newOwner(stack).client;
      const theirs = await other.presignUpload(uploadRequest(await png(64, "#445566")));
      await putTo(theirs, await png(64, "#445566"));
      const { pathname } = new URL(theirs.url);
      const source = pathname.slice(pathname.indexOf("/incoming/"));
      const bytes = await png();
      const ticket = await client.presignUpload(uploadRequest(bytes));

      const sent = { [name]: value.replace("{source}", source) };
      expect(await putTo(ticket, bytes, sent)).toMatchObject({
        status: 403,
        body: expect.stringMatching(
          `<Code>AccessDenied</Code>.*headers present in the request which were not signed.*<HeadersNotSigned>${name}</HeadersNotSigned>`,
        ),
      });

      await expect(client.completeUpload(ticket)).rejects.toMatchObject({
        code: "upload.not_received",
      });
      expect((await putTo(ticket, bytes)).status).toBe(200);
    },
  );

  test("stores no cache-control that is not signed, which browsers add", async ({
    owner: { client },
  }) => {
    const bytes = await png();
    const ticket = await client.presignUpload(uploadRequest(bytes));
    expect((await putTo(ticket, bytes, { "cache-control": "public" })).status).toBe(200);
    expect((await headOf(ticket.url)).CacheControl).toBeUndefined();
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
    const { incomingBucket: bucket, endpoint, web } = inject("backends").r2;
    const link = { bucket, endpoint, ...web };
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
    await sweep(stack);
    expect((await putTo(ticket, bytes)).status).toBe(412);
    await stack.sql`
      update images set url_expires_at = now() - interval '1 s' where image_id = ${upload_id}
    `;

    expect((await putTo(ticket, bytes)).status).toBe(412);

    await sweep(stack);

    // this URL is in fact still valid: the PUT succeeds because the object is gone
    expect((await putTo(ticket, bytes)).status).toBe(200);
  });
});

describe("the local R2", () => {
  const { endpoint, accessKeyId, secretAccessKey } = inject("backends").r2;
  const keys = { accessKeyId, secretAccessKey };

  test("accepts headers that a presigned URL covers, and refuses each that it does not", async ({
    task,
  }) => {
    const bytes = await png();
    const url = `${endpoint}/incoming/signed/${randomUUID()}`;
    const headers = {
      "x-amz-meta-owner": "ann",
      "content-disposition": "attachment",
      "content-type": "image/png",
    };
    const put = async (covered: [string, string][]) => {
      const signed = { host: new URL(url).host, ...Object.fromEntries(covered) };
      const ticket = { url: presignedUrl({ method: "PUT", url, headers: signed }, keys), headers };
      return putTo(ticket, bytes);
    };
    const all = Object.entries(headers);
    task.meta.cases = all.length + 1;
    for (const [missing] of all)
      expect(await put(all.filter(([name]) => name !== missing))).toMatchObject({
        status: 403,
        body: expect.stringContaining(`<HeadersNotSigned>${missing}</HeadersNotSigned>`),
      });
    expect((await put(all)).status).toBe(200);
    expect(await headOf(url)).toMatchObject({
      Metadata: { owner: "ann" },
      ContentDisposition: "attachment",
    });
  });

  test("refuses headers that a signature in the Authorization header does not cover", async ({
    task,
  }) => {
    task.meta.cases = unsignedHeaders.length;
    const s3 = s3Client({ endpoint, ...keys });
    const put = (name: string, value: string) => {
      const Key = `signed/${randomUUID()}`;
      const command = new PutObjectCommand({ Bucket: "incoming", Key, Body: "text" });
      command.middlewareStack.add(
        (next) => (args) => {
          (args.request as { headers: Record<string, string> }).headers[name] = value;
          return next(args);
        },
        { step: "finalizeRequest", priority: "low" }, // after the request was signed
      );
      return s3.send(command);
    };
    for (const [name, value] of unsignedHeaders)
      await expect(put(name, value.replace("{source}", "/incoming/a"))).rejects.toMatchObject({
        name: "AccessDenied",
        HeadersNotSigned: name,
      });
    await put("x-unrelated", "yes");
    s3.destroy();
  });
});

/** What R2 stored at the path of a URL. */
async function headOf(url: string) {
  const s3 = s3Client(inject("backends").r2);
  const [, Key] = /\/incoming\/(.*)$/.exec(new URL(url).pathname) ?? [];
  const head = await s3.send(new HeadObjectCommand({ Bucket: "incoming", Key }));
  s3.destroy();
  return head;
}
