import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { s3Client } from "@keepsake/adapters/cloud/r2";
import { startBackends } from "@keepsake/local/backends";
import { embeddedR2 } from "@keepsake/local/embedded/r2/embeddedR2";
import { newR2Keys } from "@keepsake/local/r2Keys";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { presignedUrl } from "../support/verifyAwsSignature.ts";

const { r2 } = inject("backends");
const { endpoint } = r2;
const store = s3Client(r2);
const web = s3Client({ endpoint, ...r2.web });
const Body = "a picture";
const newKey = () => `keys/${randomUUID()}`;
const denied = { name: "AccessDenied", $metadata: { httpStatusCode: 403 } };

afterAll(() => {
  store.destroy();
  web.destroy();
});

describe("on the embedded R2 the web pair", () => {
  const Bucket = "images";
  const Key = newKey();
  const upload = newKey();
  const newObject = () => ({ Bucket, Key: newKey(), Body });
  const Delete = { Objects: [{ Key }] };
  const part = { Key: upload, UploadId: "any", PartNumber: 1 };
  const [published, sent] = [`/${Bucket}/${Key}`, `incoming/${upload}`];

  beforeAll(async () => {
    await store.send(new PutObjectCommand({ Bucket, Key, Body }));
    await store.send(new PutObjectCommand({ Bucket: "incoming", Key: upload, Body }));
  });

  test.for([
    ["write a public object", () => web.send(new PutObjectCommand(newObject()))],
    ["overwrite one", () => web.send(new PutObjectCommand({ Bucket, Key, Body: "other" }))],
    ["write one in parts", () => web.send(new CreateMultipartUploadCommand(newObject()))],
    ["read one", () => web.send(new GetObjectCommand({ Bucket, Key }))],
    ["list them", () => web.send(new ListObjectsV2Command({ Bucket }))],
    ["delete one", () => web.send(new DeleteObjectCommand({ Bucket, Key }))],
    ["delete several", () => web.send(new DeleteObjectsCommand({ Bucket, Delete }))],
    [
      "publish an upload by copying it",
      () => web.send(new CopyObjectCommand({ ...newObject(), CopySource: sent })),
    ],
    [
      "read one by copying it",
      () =>
        web.send(
          new CopyObjectCommand({ Bucket: "incoming", Key: newKey(), CopySource: published }),
        ),
    ],
    [
      "read one by copying it to a part of an upload",
      () =>
        web.send(
          new UploadPartCopyCommand({
            Bucket: "incoming",
            ...part,
            CopySource: `%2Fimages/${Key}`,
          }),
        ),
    ],
    ["use another bucket", () => web.send(new PutObjectCommand({ ...newObject(), Bucket: "x" }))],
    ["list the buckets", () => web.send(new ListBucketsCommand())],
  ] as const)("cannot %s", async ([, request]) => {
    await expect(request()).rejects.toMatchObject(denied);

    const object = await store.send(new GetObjectCommand({ Bucket, Key }));
    expect(await object.Body?.transformToString()).toBe(Body);
  });

  test("cannot learn whether a public object exists", async () => {
    for (const key of [Key, newKey()])
      await expect(web.send(new HeadObjectCommand({ Bucket, Key: key }))).rejects.toMatchObject({
        $metadata: { httpStatusCode: 403 },
      });
  });

  test("cannot presign a URL of a public object", async () => {
    for (const method of ["GET", "PUT", "DELETE"]) {
      const url = `${endpoint}/${Bucket}/${Key}`;
      const headers = { host: new URL(url).host };
      const response = await fetch(presignedUrl({ method, url, headers }, r2.web), { method });
      expect([response.status, response.headers.get("content-type")]).toEqual([
        403,
        "application/xml",
      ]);
      expect(await response.text()).toMatch(/^<\?xml .*<Error><Code>AccessDenied<\/Code>/);
    }
  });

  test("reads, writes, lists, copies and deletes uploads", async () => {
    const incoming = { Bucket: "incoming", Key: newKey() };
    const copy = { Bucket: "incoming", Key: newKey() };
    await web.send(new PutObjectCommand({ ...incoming, Body }));
    await web.send(new CopyObjectCommand({ ...copy, CopySource: `incoming/${incoming.Key}` }));
    const { Body: read } = await web.send(new GetObjectCommand(copy));
    expect(await read?.transformToString()).toBe(Body);
    const { KeyCount } = await web.send(
      new ListObjectsV2Command({ Bucket: "incoming", Prefix: incoming.Key }),
    );
    expect(KeyCount).toBe(1);
    await web.send(new DeleteObjectCommand(incoming));
    await expect(web.send(new GetObjectCommand(incoming))).rejects.toMatchObject({
      name: "NoSuchKey",
    });
  });
});

describe("the embedded R2", () => {
  test("verifies the signature before it says what a pair may do", async () => {
    const secretAccessKey = r2.secretAccessKey;
    const wrong = s3Client({ endpoint, accessKeyId: r2.web.accessKeyId, secretAccessKey });
    const unknown = s3Client({ endpoint, accessKeyId: "another", secretAccessKey });
    for (const Bucket of ["images", "incoming"]) {
      const put = new PutObjectCommand({ Bucket, Key: newKey(), Body });
      await expect(wrong.send(put)).rejects.toMatchObject({ name: "SignatureDoesNotMatch" });
      await expect(unknown.send(put)).rejects.toMatchObject({ name: "Unauthorized" });
    }
    wrong.destroy();
    unknown.destroy();
  });

  test("accepts the signature of any key, query and header", async () => {
    for (const name of ["a b+c", "it's (new)*!", "ü/~é/日本", "50%", "a&b=c?d#e"]) {
      const object = { Bucket: "images", Key: `${newKey()}/${name}` };
      const Metadata = { note: "  two  spaces " };
      await store.send(new PutObjectCommand({ ...object, Body, Metadata, ContentType: "a/b" }));
      const list = { Bucket: "images", Prefix: object.Key, Delimiter: "//", MaxKeys: 2 };
      const { Contents = [] } = await store.send(new ListObjectsV2Command(list));
      expect(Contents.map(({ Key }) => Key)).toEqual([object.Key]);
      await store.send(new DeleteObjectCommand(object));
    }
  });

  test("lets a pair that may only read a bucket read and list it, and nothing else", async () => {
    const directory = await mkdtemp(join(tmpdir(), "keepsake-r2-"));
    const { store: writing, web: reading } = newR2Keys();
    const r2 = await embeddedR2({
      directory,
      ports: { s3: 0, cdn: 0 },
      pairs: [
        { ...writing, access: { images: "write" } },
        { ...reading, access: { images: "read" } },
      ],
      webOrigins: [],
    });
    const [writer, reader] = [writing, reading].map((pair) => s3Client({ ...r2, ...pair }));
    try {
      const object = { Bucket: "images", Key: newKey() };
      await writer!.send(new PutObjectCommand({ ...object, Body }));
      const { Body: read } = await reader!.send(new GetObjectCommand(object));
      expect(await read?.transformToString()).toBe(Body);
      expect((await reader!.send(new ListObjectsV2Command(object))).KeyCount).toBe(1);
      for (const request of [
        () => reader!.send(new PutObjectCommand({ ...object, Body })),
        () => reader!.send(new DeleteObjectCommand(object)),
        () =>
          reader!.send(new CopyObjectCommand({ ...object, CopySource: `images/${object.Key}` })),
        () => reader!.send(new GetObjectCommand({ ...object, Bucket: "incoming" })),
      ])
        await expect(request()).rejects.toMatchObject(denied);
    } finally {
      writer!.destroy();
      reader!.destroy();
      await r2.stop();
      await rm(directory, { recursive: true, force: true });
    }
  });
});

test("a real R2 needs both pairs: the error names the variable that is missing", async () => {
  const real = {
    DATABASE_URL: "postgres://127.0.0.1:9/none",
    SQS_ENDPOINT: "http://127.0.0.1:9",
    R2_ENDPOINT: "http://127.0.0.1:9",
    R2_PUBLIC_URL: "http://127.0.0.1:9",
  };
  const names = [
    ...["R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY"],
    ...["R2_WEB_ACCESS_KEY_ID", "R2_WEB_SECRET_ACCESS_KEY"],
  ];
  const keys = Object.fromEntries(names.map((name) => [name, `the ${name}`]));
  const options = {
    directory: "/there/is/no/such/folder",
    ports: { postgres: 0, r2: 0, cdn: 0, sqs: 0 },
    webOrigins: [],
  };
  for (const name of names)
    await expect(
      startBackends({ ...options, env: { ...real, ...keys, [name]: "" } }),
    ).rejects.toThrow(`R2_ENDPOINT is set, so set ${name} too`);

  const { r2 } = await startBackends({ ...options, env: { ...real, ...keys } });
  expect([r2.accessKeyId, r2.web.secretAccessKey]).toEqual([
    "the R2_ACCESS_KEY_ID",
    "the R2_WEB_SECRET_ACCESS_KEY",
  ]);
});
