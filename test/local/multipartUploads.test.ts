import { fork } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { exportStore } from "@keepsake/adapters/cloud/exportStore";
import { s3Client } from "@keepsake/adapters/cloud/r2";
import { embeddedR2 } from "@keepsake/local/embedded/r2/embeddedR2";
import { newR2Keys, r2KeyPairs } from "@keepsake/local/r2Keys";
import { afterAll, describe, expect, inject, test } from "vitest";
import { chunksOf, mebibyte, partBytes } from "../support/exportWrites.ts";

const { r2 } = inject("backends");
const { endpoint } = r2;
const Bucket = "private";
const store = s3Client(r2);
const web = s3Client({ endpoint, ...r2.web });
const newKey = () => `parts/${randomUUID()}`;
const md5 = (bytes: Buffer) => `"${createHash("md5").update(bytes).digest("hex")}"`;
const noSuchUpload = { name: "NoSuchUpload", $metadata: { httpStatusCode: 404 } };

afterAll(() => {
  store.destroy();
  web.destroy();
});

async function begin(Key = newKey()) {
  const { UploadId } = await store.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  return { Bucket, Key, UploadId };
}
type Upload = Awaited<ReturnType<typeof begin>>;

const sendPart = (upload: Upload, PartNumber: number, Body: Buffer, ContentMD5?: string) =>
  store.send(new UploadPartCommand({ ...upload, PartNumber, Body, ContentMD5 }));

const complete = (upload: Upload, etags: (string | undefined)[]) => {
  const Parts = etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
  return store.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
};

const abort = (upload: Upload) => store.send(new AbortMultipartUploadCommand(upload));

async function listed(Prefix: string, more: object = {}) {
  const command = new ListMultipartUploadsCommand({ Bucket, Prefix, ...more });
  return (await store.send(command)).Uploads ?? [];
}

describe("a multipart upload on the embedded R2", () => {
  test("has parts whose ETag is their MD5, and makes an object with the MD5 of these", async () => {
    const upload = await begin(`${newKey()}/ü & <b>+'"%.zip`);
    const parts = [Buffer.alloc(5 * mebibyte, 1), Buffer.from("the end")];
    const etags: (string | undefined)[] = [];
    for (const [index, part] of parts.entries())
      etags.push((await sendPart(upload, index + 1, part)).ETag);
    expect(etags).toEqual(parts.map(md5));
    expect((await listed(upload.Key)).map(({ Key }) => Key)).toEqual([upload.Key]);

    const { ETag } = await complete(upload, etags);

    const sums = Buffer.from(etags.map((etag) => etag!.slice(1, -1)).join(""), "hex");
    expect(ETag).toBe(md5(sums).replace(/"$/, '-2"'));
    const { Body } = await store.send(new GetObjectCommand({ Bucket, Key: upload.Key }));
    expect(Buffer.concat(parts).equals(await Body!.transformToByteArray())).toBe(true);
    expect(await listed(upload.Key)).toEqual([]);
  });

  test("rejects a part that does not have its MD5", async () => {
    const upload = await begin();
    const ContentMD5 = Buffer.from(md5(Buffer.from("sent")).slice(1, -1), "hex").toString("base64");
    const rejected = sendPart(upload, 1, Buffer.from("arrived"), ContentMD5);
    await expect(rejected).rejects.toMatchObject({ name: "BadDigest" });
    await expect(complete(upload, [md5(Buffer.from("arrived"))])).rejects.toMatchObject({
      name: "InvalidPart",
    });
    await abort(upload);
  });

  test("is not completed with the ETag of other bytes, and can be completed later", async () => {
    const upload = await begin();
    const { ETag } = await sendPart(upload, 1, Buffer.from("one"));
    for (const etag of [md5(Buffer.from("other")), '"none"', "none"])
      await expect(complete(upload, [etag])).rejects.toMatchObject({ name: "InvalidPart" });
    await complete(upload, [ETag]);
  });

  test("is not completed when its parts differ in size, and is still known", async () => {
    const upload = await begin();
    const etags: (string | undefined)[] = [];
    for (const [index, mebibytes] of [5, 6, 1].entries())
      etags.push((await sendPart(upload, index + 1, Buffer.alloc(mebibytes * mebibyte))).ETag);
    await expect(complete(upload, etags)).rejects.toMatchObject({
      name: "InvalidPart",
      $metadata: { httpStatusCode: 400 },
    });
    expect(await listed(upload.Key)).toHaveLength(1);
    etags[1] = (await sendPart(upload, 2, Buffer.alloc(5 * mebibyte))).ETag;
    await complete(upload, etags);
  });

  test("takes the last bytes of a part that was sent twice", async () => {
    const upload = await begin();
    const { ETag: replaced } = await sendPart(upload, 1, Buffer.from("first"));
    const { ETag } = await sendPart(upload, 1, Buffer.from("second"));
    await expect(complete(upload, [replaced])).rejects.toMatchObject({ name: "InvalidPart" });
    await complete(upload, [ETag]);
    const { Body } = await store.send(new GetObjectCommand({ Bucket, Key: upload.Key }));
    expect(await Body!.transformToString()).toBe("second");
  });

  test.for([
    ["completed", (upload: Upload, etag?: string) => complete(upload, [etag])],
    ["aborted", (upload: Upload) => abort(upload)],
  ] as const)("is unknown after it was %s", async ([, end]) => {
    const upload = await begin();
    const { ETag } = await sendPart(upload, 1, Buffer.from("one"));
    await end(upload, ETag);
    await expect(sendPart(upload, 2, Buffer.from("two"))).rejects.toMatchObject(noSuchUpload);
    await expect(complete(upload, [ETag])).rejects.toMatchObject(noSuchUpload);
    await expect(abort(upload)).rejects.toMatchObject(noSuchUpload);
    expect(await listed(upload.Key)).toEqual([]);
  });

  test("is known under its own key only", async () => {
    const upload = await begin();
    const other = { ...upload, Key: newKey() };
    await expect(sendPart(other, 1, Buffer.from("one"))).rejects.toMatchObject(noSuchUpload);
    await expect(abort(other)).rejects.toMatchObject(noSuchUpload);
    expect(await listed(upload.Key)).toHaveLength(1);
    await abort(upload);
  });

  test("is listed by its key's prefix, page by page, in the order of keys", async () => {
    const prefix = newKey();
    const uploads = [];
    for (const name of ["b", "a", "a", "c"]) uploads.push(await begin(`${prefix}/${name}`));
    const seen: string[] = [];
    for (let more: object = {}; ; ) {
      const page = await store.send(
        new ListMultipartUploadsCommand({ Bucket, Prefix: prefix, MaxUploads: 1, ...more }),
      );
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        seen.push(`${Key!.slice(prefix.length)} ${UploadId}`);
        expect(Date.now() - Initiated!.getTime()).toBeLessThan(60_000);
      }
      if (!page.IsTruncated) break;
      more = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
    }
    const expected = uploads.map(({ Key, UploadId }) => `${Key.slice(prefix.length)} ${UploadId}`);
    expect(seen).toEqual(expected.sort());
    for (const upload of uploads) await abort(upload);
  });

  test("may be begun, sent, ended and listed by a pair that may write the bucket only", async () => {
    const upload = await begin();
    const part = { ...upload, PartNumber: 1 };
    const denied = { name: "AccessDenied", $metadata: { httpStatusCode: 403 } };
    const Parts = [{ PartNumber: 1, ETag: "any" }];
    for (const request of [
      () => web.send(new CreateMultipartUploadCommand({ Bucket, Key: newKey() })),
      () => web.send(new UploadPartCommand({ ...part, Body: "other" })),
      () => web.send(new UploadPartCopyCommand({ ...part, CopySource: `incoming/a` })),
      () => web.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } })),
      () => web.send(new AbortMultipartUploadCommand(upload)),
      () => web.send(new ListMultipartUploadsCommand({ Bucket: "images" })),
    ])
      await expect(request()).rejects.toMatchObject(denied);
    expect(await listed(upload.Key)).toHaveLength(1);
    await abort(upload);
  });

  test("is not listed, ended or aborted without a valid signature", async () => {
    const upload = await begin();
    const paths = [
      ["GET", `${endpoint}/${Bucket}?uploads`],
      ["DELETE", `${endpoint}/${Bucket}/${upload.Key}?uploadId=${upload.UploadId}`],
      ["PUT", `${endpoint}/${Bucket}/${upload.Key}?partNumber=1&uploadId=${upload.UploadId}`],
    ] as const;
    for (const [method, url] of paths) {
      const body = method === "PUT" ? "part" : null;
      const unsigned = await fetch(url, { method, body });
      expect([unsigned.status, (await unsigned.text()).includes(upload.UploadId!)]).toEqual([
        400,
        false,
      ]);
    }
    const forged = s3Client({ ...r2, secretAccessKey: r2.web.secretAccessKey });
    for (const request of [
      () => forged.send(new ListMultipartUploadsCommand({ Bucket })),
      () => forged.send(new AbortMultipartUploadCommand(upload)),
      () => forged.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: "part" })),
    ])
      await expect(request()).rejects.toMatchObject({ name: "SignatureDoesNotMatch" });
    forged.destroy();
    expect(await listed(upload.Key)).toHaveLength(1);
    await abort(upload);
  });
});

describe("the embedded R2 on a folder of its own", { timeout: 60_000 }, () => {
  test("still knows unfinished uploads and their parts after kill -9", async () => {
    const directory = await mkdtemp(join(tmpdir(), "keepsake-parts-"));
    const keys = newR2Keys();
    const pairs = r2KeyPairs(keys);
    const script = join(import.meta.dirname, "../support/r2Process.ts");
    const child = fork(script, [directory, JSON.stringify(pairs)]);
    const [{ endpoint: first }] = (await once(child, "message")) as [{ endpoint: string }];
    const before = s3Client({ endpoint: first, ...keys.store });
    const object = { Bucket, Key: "exports/a.zip" };
    const { UploadId } = await before.send(new CreateMultipartUploadCommand(object));
    const Body = Buffer.from("all of it");
    const part = { ...object, UploadId, PartNumber: 1 };
    const { ETag } = await before.send(new UploadPartCommand({ ...part, Body }));
    before.destroy();
    child.kill("SIGKILL");
    await once(child, "exit");

    const ports = { s3: 0, cdn: 0 };
    const again = await embeddedR2({ directory, ports, pairs, webOrigins: [] });
    const s3 = s3Client({ endpoint: again.endpoint, ...keys.store });
    try {
      const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
      expect(Uploads).toMatchObject([{ Key: object.Key, UploadId }]);
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
      const end = { ...object, UploadId, MultipartUpload };
      await s3.send(new CompleteMultipartUploadCommand(end));
      const { Body: stored } = await s3.send(new GetObjectCommand(object));
      expect(await stored!.transformToString()).toBe("all of it");
    } finally {
      s3.destroy();
      await again.stop();
      await rm(directory, { recursive: true, force: true });
    }
  });

  test("keeps no large object in memory while a client reads it slowly", async () => {
    const directory = await mkdtemp(join(tmpdir(), "keepsake-parts-"));
    const keys = newR2Keys();
    const options = {
      directory,
      ports: { s3: 0, cdn: 0 },
      pairs: r2KeyPairs(keys),
      webOrigins: [],
    };
    const own = await embeddedR2(options);
    const link = { endpoint: own.endpoint, ...keys.store };
    const s3 = s3Client(link);
    try {
      const object = { Bucket, Key: "exports/a.zip" };
      const bytes = 14 * partBytes;
      await exportStore({ ...link, bucket: Bucket }).write(object.Key, chunksOf(bytes), {
        filename: "a.zip",
      });
      await s3.send(new PutObjectCommand({ ...object, Key: "small", Body: "small" }));
      const before = process.memoryUsage();
      const { Body, ContentLength } = await s3.send(new GetObjectCommand(object));
      expect(ContentLength).toBe(bytes);
      const chunks = Body!.transformToWebStream().getReader();
      await chunks.read();
      await sleep(500);
      const { external } = process.memoryUsage();
      expect(external - before.external).toBeLessThan(4 * partBytes);
      await chunks.cancel();
    } finally {
      s3.destroy();
      await own.stop();
      await rm(directory, { recursive: true, force: true });
    }
  });
});
