import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ListMultipartUploadsCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import {
  CreateQueueCommand,
  PurgeQueueCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs";
import { privateBucket, publicBucket, s3Client } from "@keepsake/adapters/cloud/r2";
import { telegramBot } from "@keepsake/adapters/platforms/telegram";
import { type QueueName, queues } from "@keepsake/contract/queues";
import { embeddedR2 } from "@keepsake/local/embedded/r2/embeddedR2";
import {
  type EmbeddedTelegram,
  embeddedTelegram,
} from "@keepsake/local/embedded/telegram/embeddedTelegram";
import { newR2Keys } from "@keepsake/local/r2Keys";
import type { Configuration } from "@keepsake/ops/doctor/check";
import { doctor } from "@keepsake/ops/doctor/doctor";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { alteringProxy, withHeader } from "../support/alteringProxy.ts";
import { cuttableProxy } from "../support/cuttableProxy.ts";
import { copyDatabase, type TestStack, testStack } from "../support/stack.ts";

const { r2 } = inject("backends");
const databaseUrl = await copyDatabase();
const { allowed, stranger } = inject("pages");
const migrations = readdirSync(resolve(import.meta.dirname, "../../packages/core/migrations"));
const keys = {
  endpoint: r2.endpoint,
  accessKeyId: r2.accessKeyId,
  secretAccessKey: r2.secretAccessKey,
};

let stack: TestStack;
let telegram: EmbeddedTelegram;
let working: Configuration;
const servers: { stop(): unknown }[] = [];

beforeAll(async () => {
  telegram = await embeddedTelegram({
    port: 0,
    botToken: "8080:secret_that_is_never_printed",
    botName: "keepsake_bot",
    webhookRetries: { pauseMs: 10, attempts: 2 },
  });
  stack = await testStack({ telegram, consume: false });
  working = {
    images: {
      ...keys,
      bucket: r2.imagesBucket,
      publicUrl: r2.publicUrl,
      copiesFrom: r2.incomingBucket,
    },
    incoming: { ...keys, bucket: r2.incomingBucket },
    incomingWeb: { endpoint: r2.endpoint, ...r2.web, bucket: r2.incomingBucket },
    private: { ...keys, bucket: r2.privateBucket },
    database: { url: databaseUrl, pool: 1 },
    telegram,
    cdn: { purge: async () => "not_configured" },
    queues: (Object.keys(queues) as QueueName[]).map((name) => ({
      name,
      url: stack.queueUrls[name],
      deadLetterUrl: stack.deadLetterUrls[name],
    })),
    webOrigins: [allowed],
    jwtIssuer: undefined,
    sweepMinutes: 1,
    otherBucket: undefined,
    isLocal: true,
  };
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});
afterAll(async () => {
  await stack.stop();
  await telegram.stop();
});

/** The findings about the working system with these settings replaced. */
async function findings(broken: Partial<Configuration> = {}, limitMs = 10_000) {
  const found = await doctor({ ...working, ...broken }, { limitMs });
  const withMark = (wanted: string) =>
    found.filter(({ mark }) => mark === wanted).map(({ text }) => text);
  return { found, ok: withMark("ok"), wrong: withMark("!!"), notes: withMark("--") };
}

/** The keys of objects, and of unfinished uploads, that checks left behind. */
async function leftBehind() {
  const s3 = s3Client(keys);
  const lists = await Promise.all(
    [r2.imagesBucket, r2.incomingBucket, r2.privateBucket].map(async (Bucket) => {
      const where = { Bucket, Prefix: "doctor/" };
      const { Contents = [] } = await s3.send(new ListObjectsV2Command(where));
      const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand(where));
      return [...Contents, ...Uploads];
    }),
  );
  s3.destroy();
  return lists.flat().map(({ Key }) => Key);
}

describe("the doctor", () => {
  test("reports no problem in a working system and leaves no object behind", async () => {
    const { ok, wrong, notes } = await findings();

    expect(wrong).toEqual([]);
    expect(ok).toEqual([
      "images: writes, reads and deletes",
      "incoming: writes, reads and deletes",
      "private: writes, reads and deletes",
      "images: bytes with a wrong SHA-256 are rejected",
      "images: a key can be written once; a second and a third write are rejected",
      "images: incoming objects are copied, onto a free key only and only if they are unchanged",
      "private: writes in parts, rejects one with a wrong MD5, lists and aborts what is unfinished",
      "images: the web keys cannot write, read, list or delete",
      "private: presigned URLs read it, nothing else does, and the web keys cannot change it",
      "the store keys cannot write to another bucket",
      "the web keys cannot write to another bucket",
      "incoming: a presigned URL accepts the declared bytes, once, and no others",
      "incoming: a presigned URL allows no CopyObject, ACL or metadata that it does not sign",
      `incoming: pages of ${allowed} may upload files, and read the ETag`,
      "incoming: pages of other origins may not",
      `${r2.publicUrl} serves what is written, with its type, length and nosniff, cacheable for a year`,
      "incoming: cannot be read through the public domain or without a signature",
      `Postgres is reachable and has all ${migrations.length} migrations`,
      "No portraits, images or events have failed",
      "Every published picture has its smaller copies",
      "PortraitQueueDead is empty",
      "RehostQueueDead is empty",
      "UploadQueueDead is empty",
      "ExportQueueDead is empty",
      "EventQueueDead is empty",
      `Telegram sends updates to ${new URL(stack.api).host}; 0 updates pending`,
      "The sweep runs every minute: deleted objects are removed within 90 s",
    ]);
    expect(notes).toEqual([
      "no CDN zone is linked: nothing to purge",
      "PortraitQueue: a failed message is delivered again after 1 s (deployed: 360 s)",
      "RehostQueue: a failed message is delivered again after 1 s (deployed: 360 s)",
      "UploadQueue: a failed message is delivered again after 1 s (deployed: 360 s)",
      "ExportQueue: a failed message is delivered again after 1 s (deployed: 960 s)",
      "EventQueue: a failed message is delivered again after 1 s (deployed: 180 s)",
      "JWT_ISSUER is not set: no issuer to check",
    ]);
    expect(await leftBehind()).toEqual([]);
  });

  test("reports each check as soon as it and those before it are done", async () => {
    const reported: string[] = [];
    const found = await doctor(working, { onFinding: ({ text }) => reported.push(text) });
    expect(reported).toEqual(found.map(({ text }) => text));
  });

  test("says how to fix a wrong R2 key and never prints one", async () => {
    const secretAccessKey = "not-the-secret-access-key";
    const { wrong } = await findings({
      images: { ...working.images, secretAccessKey },
      incoming: { ...working.incoming, secretAccessKey },
      incomingWeb: { ...working.incomingWeb, secretAccessKey },
    });

    expect(wrong).toContainEqual(
      expect.stringMatching(/^images: SignatureDoesNotMatch.*: check R2AccessKeyId, R2Secret/),
    );
    expect(wrong).toContainEqual(expect.stringMatching(/^incoming: SignatureDoesNotMatch/));
    expect(wrong.join()).not.toContain("delete it by hand");
    expect(wrong).toContainEqual(expect.stringMatching(/^incoming rejects the bytes .* \(403\)/));
    expect(wrong.join()).not.toContain(secretAccessKey);
    expect(wrong.join()).not.toContain(r2.secretAccessKey);
  });

  test("names the secrets of the web keys when those alone are wrong", async () => {
    const secretAccessKey = "not-the-secret-access-key";
    const incomingWeb = { ...working.incomingWeb, secretAccessKey };
    const { wrong } = await findings({ incomingWeb });
    expect(wrong).toEqual([
      expect.stringMatching(/^The web keys: SignatureDoesNotMatch.*: check R2WebAccessKeyId, R2W/),
      "A presigned URL does not read private (403): check R2WebAccessKeyId and R2WebSecretAccessKey, and let their token read this bucket (docs/deploy.md)",
      expect.stringMatching(/^Other buckets and the web keys: SignatureDoesNotMatch.*: check R2W/),
      "incoming rejects the bytes that a presigned URL was made for (403): check R2WebAccessKeyId, R2WebSecretAccessKey and this machine's clock",
    ]);
    expect(wrong.join()).not.toContain(secretAccessKey);
    expect(await leftBehind()).toEqual([]);
  });

  test("reports web keys that reach public objects, and removes what they wrote", async () => {
    const { wrong } = await findings({ incomingWeb: working.incoming });
    expect(wrong).toEqual([
      `The web keys reach public objects: in ${r2.imagesBucket} they can write, read, list, delete: set R2WebAccessKeyId and R2WebSecretAccessKey to the keys of a token that writes the incoming bucket and reads the private one (docs/deploy.md)`,
      `The web keys can change private images: in ${r2.privateBucket} they can write, delete: let their token only read this bucket (docs/deploy.md)`,
    ]);
    expect(await leftBehind()).toEqual([]);
  });

  test("reports a private bucket that anyone can read", async () => {
    const endpoint = await serve((request, response) => {
      request.resume();
      request.on("end", () => response.end());
    });
    const { wrong } = await findings({
      private: { ...working.private, endpoint },
      incomingWeb: { ...working.incomingWeb, endpoint },
    });
    expect(wrong).toContain(
      "Anyone can read private without a signature: remove its public access: it holds private images",
    );
  });

  test("reports web keys that may only read public objects", async () => {
    const directory = await mkdtemp(join(tmpdir(), "keepsake-doctor-"));
    const { web, store } = newR2Keys();
    const own = await embeddedR2({
      directory,
      ports: { s3: 0, cdn: 0 },
      pairs: [
        { ...web, access: { images: "read", incoming: "write", private: "read" } },
        { ...store, access: { images: "write", incoming: "write", private: "write" } },
      ],
      webOrigins: [allowed],
    });
    servers.push({
      async stop() {
        await own.stop();
        await rm(directory, { recursive: true, force: true });
      },
    });
    const { endpoint, publicUrl } = own;
    const { wrong } = await findings({
      images: { endpoint, publicUrl, ...store, bucket: "images" },
      incoming: { endpoint, ...store, bucket: "incoming" },
      incomingWeb: { endpoint, ...web, bucket: "incoming" },
      private: { endpoint, ...store, bucket: "private" },
    });
    expect(wrong).toEqual([
      expect.stringMatching(
        /^The web keys reach public objects: in images they can read, list: set/,
      ),
    ]);
  });

  test("reports keys that can write to another bucket, and removes what it wrote there", async () => {
    const { wrong } = await findings({ otherBucket: r2.incomingBucket });
    expect(wrong).toEqual([
      `The store keys can also write to ${r2.incomingBucket}: restrict their token to the three buckets (docs/deploy.md)`,
      `The web keys can also write to ${r2.incomingBucket}: restrict their token to the incoming and the private bucket (docs/deploy.md)`,
    ]);
    expect(await leftBehind()).toEqual([]);
  });

  test("notes that keys were tried on a bucket that does not exist", async () => {
    const endpoint = await serve((request, response) => {
      request.resume();
      response.writeHead(404).end("<Error><Code>NoSuchBucket</Code></Error>");
    });
    const { notes } = await findings({
      images: { ...working.images, endpoint },
      incomingWeb: { ...working.incomingWeb, endpoint },
    });
    for (const keys of ["store", "web"])
      expect(notes).toContain(
        `with the ${keys} keys a write to a bucket that does not exist is rejected; to test one of your other buckets: npm run doctor -- --other-bucket NAME`,
      );
  });

  test("reports a storage that does not check SHA-256 or accepts a second write", async () => {
    const endpoint = await permissiveStorage();
    const { wrong } = await findings({
      images: { ...working.images, endpoint },
      incoming: { ...working.incoming, endpoint },
      incomingWeb: { ...working.incomingWeb, endpoint },
    });
    expect(wrong).toContainEqual(
      expect.stringMatching(/^images does not check the SHA-256 .* \(accepted\): do not use/),
    );
    expect(wrong).toContainEqual(
      expect.stringMatching(/^images accepts a second write to a key .* \(accepted\)/),
    );
    expect(wrong).toContainEqual(
      expect.stringMatching(
        /^incoming accepts bytes other than the declared ones through a presigned URL/,
      ),
    );
  });

  test("reports a storage that obeys headers that a presigned URL does not sign", async () => {
    const endpoint = await obedientStorage();
    const { wrong } = await findings({
      incoming: { ...working.incoming, endpoint },
      incomingWeb: { ...working.incomingWeb, endpoint },
    });
    expect(wrong).toContain(
      "A presigned URL of incoming allows what it does not sign: CopyObject (x-amz-copy-source), an ACL (x-amz-acl), metadata (x-amz-meta-*): do not use this storage: the holder of a URL could copy another user's upload or publish one",
    );
  });

  test("reports a storage that copies onto a key that is taken, and notes one that copies nothing", async () => {
    const proxy = await alteringProxy(r2.endpoint);
    servers.push(proxy);
    const body = Buffer.from('<CopyObjectResult><ETag>"0"</ETag></CopyObjectResult>');
    proxy.alter = ({ sent }, response) =>
      sent["x-amz-copy-source"] && response.status === 412
        ? { ...response, status: 200, body }
        : response;
    const { wrong } = await findings({ images: { ...working.images, endpoint: proxy.url } });
    expect(wrong).toEqual([
      "images allows copies that must be rejected: onto a key that is taken (accepted), of an object that changed (accepted): do not use copies with this storage: remove copiesFrom from the links, or R2_COPIES on this machine",
    ]);

    const { notes } = await findings({ images: { ...working.images, copiesFrom: "" } });
    expect(notes).toContain("images: every upload is sent by a function, none is copied");
  });

  test.for([
    ["does not list an unfinished upload", "GET", 200, "<ListMultipartUploadsResult/>"],
    ["stores a part with a wrong MD5", "PUT", 200, ""],
  ] as const)("reports a storage that %s", async ([problem, method, status, body]) => {
    const proxy = await alteringProxy(r2.endpoint);
    servers.push(proxy);
    proxy.alter = (request, response) => {
      const isOfUpload = request.query.has("uploads") || request.query.get("partNumber") === "2";
      return request.method === method && isOfUpload
        ? { ...response, status, body: Buffer.from(body) }
        : response;
    };
    const { wrong } = await findings({ private: { ...working.private, endpoint: proxy.url } });
    expect(wrong).toEqual([
      `private ${problem}: do not export datasets with this storage: zips could be damaged, or their parts stay and cost`,
    ]);
    expect(await leftBehind()).toEqual([]);
  });

  test("prints the rule that makes a domain send nosniff, and notes that r2.dev has none", async () => {
    const publicUrl = await serve(async ({ url }, response) => {
      const original = await fetch(r2.publicUrl + url);
      for (const name of ["content-type", "cache-control", "content-length"])
        response.setHeader(name, original.headers.get(name) ?? "");
      response.writeHead(original.status).end(Buffer.from(await original.arrayBuffer()));
    });
    const { wrong } = await findings({ images: { ...working.images, publicUrl } });
    expect(wrong).toEqual([
      `${publicUrl} does not send x-content-type-options: nosniff: add a Response Header Transform Rule in Cloudflare: when http.host eq "127.0.0.1", set static x-content-type-options to nosniff (docs/deploy.md)`,
    ]);

    const realFetch = globalThis.fetch;
    const toR2Dev = vi
      .spyOn(globalThis, "fetch")
      .mockImplementation((url, init) =>
        realFetch(`${url}`.replace("https://pub-1.r2.dev", publicUrl), init),
      );
    servers.push({ stop: () => toR2Dev.mockRestore() });
    const images = { ...working.images, publicUrl: "https://pub-1.r2.dev" };
    const onR2Dev = await findings({ images });
    expect(onR2Dev.wrong).toEqual([]);
    expect(onR2Dev.notes).toContain(
      "https://pub-1.r2.dev does not send x-content-type-options: nosniff: r2.dev has no rules, only a domain of your own does",
    );
  });

  test("names each web origin whose pages cannot upload files", async () => {
    const { wrong, ok } = await findings({ webOrigins: [allowed, stranger] });
    expect(wrong).toEqual([
      `The CORS rule of the incoming bucket rejects uploads from ${stranger} (403): add the origin to WEB_ORIGINS and deploy, or set WEB_ORIGINS here to the deployed value`,
    ]);
    expect(ok).toContain(`incoming: pages of ${allowed} may upload files, and read the ETag`);
  });

  test("reports a bucket that hides the ETag, or the whole response of an upload, from pages", async () => {
    const proxy = await alteringProxy(r2.endpoint);
    servers.push(proxy);
    const hide = async (header: string) => {
      proxy.alter = ({ method }, response) =>
        method === "PUT"
          ? { ...response, headers: withHeader(response.headers, header, "") }
          : response;
      const incomingWeb = { ...working.incomingWeb, endpoint: proxy.url };
      return (await findings({ incomingWeb })).wrong;
    };
    expect(await hide("access-control-expose-headers")).toEqual([
      `incoming hides etag of an upload's response from pages of ${allowed}: deploy: infra/bucketLinks.ts declares the bucket's CORS rule with exposeHeaders`,
    ]);
    expect(await hide("access-control-allow-origin")).toEqual([
      `incoming does not let pages of ${allowed} read whether an upload succeeded: deploy: infra/bucketLinks.ts declares the bucket's CORS rule`,
    ]);
  });

  test("reports that pages of any origin may upload files", async () => {
    const endpoint = await serve((request, response) => {
      response.setHeader("access-control-allow-origin", "*");
      response.setHeader("access-control-allow-methods", "PUT");
      const requested = request.headers["access-control-request-headers"] ?? "";
      response.setHeader("access-control-allow-headers", requested);
      response.end();
    });
    const { wrong } = await findings({ incomingWeb: { ...working.incomingWeb, endpoint } });
    expect(wrong).toContainEqual(
      expect.stringMatching(/^incoming accepts uploads from pages of any origin/),
    );
  });

  test("reports that incoming is public when the public domain serves it", async () => {
    const incoming = privateBucket(working.incoming);
    const publicUrl = await serve(async ({ url = "" }, response) => {
      const bytes = await incoming.get(url.slice(1), 1_000);
      response.writeHead(bytes ? 200 : 404).end(bytes);
    });
    const { wrong } = await findings({ images: { ...working.images, publicUrl } });
    expect(wrong).toContain(
      `incoming is public: ${publicUrl} serves its objects to anyone: remove that domain from the incoming bucket: it holds files that were not checked`,
    );
    expect(await leftBehind()).toEqual([]);
  });

  test("names the header in which the public domain's response is wrong", async () => {
    const publicUrl = await serve(async ({ url }, response) => {
      const original = await fetch(r2.publicUrl + url);
      const bytes = Buffer.from(await original.arrayBuffer());
      response.setHeader("content-type", original.headers.get("content-type") ?? "");
      response.setHeader("cache-control", "max-age=60");
      response.writeHead(original.status, { "content-length": bytes.length }).end(bytes);
    });
    const { wrong } = await findings({ images: { ...working.images, publicUrl } });
    expect(wrong).toEqual([
      expect.stringMatching(/responds with cache-control max-age=60, not public, max-age=31536000/),
    ]);
  });

  test("reports that the CDN does not purge", async () => {
    const { wrong } = await findings({ cdn: { purge: async () => "failed" } });
    expect(wrong).toEqual([expect.stringMatching(/^Cloudflare does not purge: set Cloudflare/)]);
  });

  test("names the migrations that a database is missing", async () => {
    const url = await copyDatabase();
    const sql = postgres(url, { max: 1 });
    await sql`delete from schema_migrations where version = '20261120000003'`;

    const { wrong } = await findings({ database: { url, pool: 1 } });

    expect(wrong).toEqual([
      `Postgres is missing 1 of ${migrations.length} migrations (20261120000003_rehosts.sql): run npm run migrate with DATABASE_URL`,
    ]);
    await sql`insert into schema_migrations values ('20261120000003'), ('29990101000000')`;
    await sql.end();
    expect((await findings({ database: { url, pool: 1 } })).notes).toContain(
      `Postgres has ${migrations.length + 1} migrations and this code ${migrations.length}: the code is older than the database`,
    );
  });

  test("reports a database that was never migrated, does not exist or cannot be reached", async () => {
    const at = (pathname: string) => Object.assign(new URL(databaseUrl), { pathname }).href;
    const never = await findings({ database: { url: at("/postgres"), pool: 1 } });
    expect(never.wrong).toEqual([
      expect.stringMatching(/^Postgres is missing (\d+) of \1 migrations/),
    ]);

    const missing = await findings({ database: { url: at("/no_such_database"), pool: 1 } });
    expect(missing.wrong).toEqual([
      'Postgres: database "no_such_database" does not exist: check DatabaseUrl, and that the database accepts connections from here',
    ]);

    const url = "postgres://keepsake:a-secret-word@127.0.0.1:9/keepsake";
    const down = await findings({ database: { url, pool: 1 } });
    expect(down.wrong).toEqual([expect.stringMatching(/^Postgres: .*ECONNREFUSED.*: check Data/)]);
    expect(down.wrong.join()).not.toContain("a-secret-word");
  });

  test("fetches the page as a bookmark would, and says what to do when it is not served", async () => {
    const policy = { "content-security-policy": "default-src 'none'" };
    const page = (status: number, headers: Record<string, string>) =>
      serve((_, response) => void response.writeHead(status, headers).end("<!doctype html><html>"));
    const pageUrl = await page(200, policy);
    expect((await findings({ pageUrl })).ok).toContain(
      `${pageUrl} serves the page, with its content-security-policy`,
    );
    expect((await findings({ pageUrl: await page(503, policy) })).wrong).toEqual([
      expect.stringMatching(/answers 503: after a first deployment, deploy again/),
    ]);
    expect((await findings({ pageUrl: await page(200, {}) })).wrong).toEqual([
      expect.stringMatching(/is sent without its content-security-policy: check that its DNS/),
    ]);
  });

  test("says nothing about Telegram's webhook on a stage without a bot", async () => {
    const { wrong, notes } = await findings({ telegram: { ...telegram, botToken: "none" } });
    expect(wrong).toEqual([]);
    expect(notes).toContain("This stage has no Telegram bot: nothing to check");
  });

  test("says whether connections to Postgres are encrypted, and which parameters are not used", async () => {
    const about = async (change: (url: string) => string) => {
      const { found } = await findings({ database: { url: change(databaseUrl), pool: 1 } });
      return found.filter(({ text }) =>
        /Connections to|connection string|DatabaseUrl has/.test(text),
      );
    };
    expect(await about((url) => `${url}?channel_binding=require&pgbouncer=true`)).toEqual([
      {
        mark: "--",
        text: "DatabaseUrl has parameters that only other clients use, and that are ignored: channel_binding, pgbouncer",
      },
    ]);
    // another name of this machine, which does not count as one
    const remote = (query: string) => (url: string) =>
      `${url.replace("127.0.0.1", "0.0.0.0")}${query}`;
    expect(await about(remote(""))).toEqual([
      expect.objectContaining({
        mark: "!!",
        text: expect.stringMatching(/has no sslmode that requires TLS: add sslmode=verify-full/),
      }),
    ]);
    expect((await about(remote("?sslmode=disable")))[0]?.mark).toBe("!!");
    expect((await about(remote("?sslmode=require")))[0]).toMatchObject({
      mark: "--",
      text: expect.stringContaining("its certificate is not checked"),
    });
    expect((await about(remote("?sslmode=verify-full")))[0]).toMatchObject({ mark: "ok" });
  });

  test("reports a deployed queue whose visibility timeout, receive count or dead-letter queue is not the contract's", async () => {
    const isLocal = false;
    const jwtIssuer = await oidc("RSA");
    expect((await findings({ isLocal, jwtIssuer })).wrong).toEqual([
      "PortraitQueue has a visibility timeout of 1 s, but its consumer needs 360 s: deploy, and change the queue's visibility timeout in no other way",
      "RehostQueue has a visibility timeout of 1 s, but its consumer needs 360 s: deploy, and change the queue's visibility timeout in no other way",
      "UploadQueue has a visibility timeout of 1 s, but its consumer needs 360 s: deploy, and change the queue's visibility timeout in no other way",
      "ExportQueue has a visibility timeout of 1 s, but its consumer needs 960 s: deploy, and change the queue's visibility timeout in no other way",
      "EventQueue has a visibility timeout of 1 s, but its consumer needs 180 s: deploy, and change the queue's visibility timeout in no other way",
    ]);

    await set(stack.queueUrls.PortraitQueue, {
      deadLetterTargetArn: arnOf(stack.deadLetterUrls.PortraitQueue),
      maxReceiveCount: 2,
    });
    await set(stack.queueUrls.RehostQueue, {
      deadLetterTargetArn: arnOf(stack.deadLetterUrls.PortraitQueue),
      maxReceiveCount: 3,
    });
    const { wrong } = await findings();
    await restoreQueues();
    expect(wrong).toEqual([
      "PortraitQueue delivers a message 2 times, but the sweep expects 5: deploy",
      "RehostQueue does not move failed messages to RehostQueueDead: deploy",
    ]);
  });

  test("accepts a deployed queue that matches the contract, and reports one that does not exist", async () => {
    const QueueName = `doctor-${randomUUID()}`;
    const url = stack.queueUrls.PortraitQueue.replace(/[^/]+$/, QueueName);
    const Attributes = {
      VisibilityTimeout: "360",
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: arnOf(stack.deadLetterUrls.PortraitQueue),
        maxReceiveCount: 5,
      }),
    };
    await stack.sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    const [portraits, rehosts] = working.queues as [Queue, Queue];
    const { ok, wrong } = await findings({
      queues: [
        { ...portraits, url },
        { ...rehosts, url: `${rehosts.url}-missing` },
      ],
    });
    expect(ok).toContain(
      "PortraitQueue: visibility timeout 360 s, 5 deliveries, then PortraitQueueDead",
    );
    expect(wrong).toEqual([
      expect.stringMatching(/^RehostQueue: QueueDoesNotExist.*: check the AWS credentials/),
    ]);
  });

  test("counts dead letters", async () => {
    const QueueUrl = stack.deadLetterUrls.RehostQueue;
    await stack.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "{}" }));
    const { wrong } = await findings();
    await stack.sqs.send(new PurgeQueueCommand({ QueueUrl }));
    expect(wrong).toEqual([
      expect.stringMatching(/^RehostQueueDead holds 1 messages: npm run dlq/),
    ]);
  });

  test("reports a sweep that does not run, by what it has not removed", async () => {
    const url = await copyDatabase();
    const sql = postgres(url, { max: 1, onnotice() {} });
    const id = randomUUID();
    await sql`insert into erasures (erasure_id, owner_id) values (${id}, 'user:a')`;
    await sql`
      insert into erasure_objects (erasure_id, owner_id, bucket, key, erase_after, final_after)
      values (${id}, 'user:a', 'images', 'a.png', now() - interval '2 minutes', now())
    `;
    await sql.end();
    const database = { url, pool: 1 };

    expect((await findings({ database })).wrong).toEqual([
      expect.stringMatching(
        /^The sweep should run every minute, but an object has waited 12\d s to be removed: start npm start, with the same SWEEP_MINUTES$/,
      ),
    ]);
    expect((await findings({ database, sweepMinutes: 2 })).ok).toContain(
      "The sweep runs every 2 minutes: deleted objects are removed within 150 s",
    );
  });

  test("counts portraits and images that have failed", async () => {
    const url = await copyDatabase();
    const sql = postgres(url, { max: 1, onnotice() {} });
    const id = randomUUID();
    await sql`insert into worlds (world_id, owner_id, theme) values (${id}, 'user:a', 'norse')`;
    await sql`
      insert into lore_pieces (piece_id, world_id, type, name, description, details,
                               portrait_status, portrait_version)
      values (${id}, ${id}, 'character', 'Mira', '', '{"image_portrait_base64": "AA=="}', 'failed', 1)
    `;
    await sql`
      insert into images (image_id, owner_id, platform, platform_ref, source, status)
      select gen_random_uuid(), 'telegram:1', 'telegram', ref, '{}', 'failed'
      from unnest(array['a', 'b']) ref
    `;
    await sql.end();

    const { wrong } = await findings({ database: { url, pool: 1 } });

    expect(wrong).toEqual([
      "1 portraits, 2 images and 0 events have failed: npm run dlq -- list shows why; fix the cause, then run npm run dlq -- redrive",
    ]);
  });

  test("counts images and portraits that have no smaller copies", async () => {
    const url = await copyDatabase();
    const sql = postgres(url, { max: 1, onnotice() {} });
    await sql`
      insert into images (image_id, owner_id, platform, platform_ref, source, status, key, url,
                          content_type, bytes, width, height, sha256)
      select gen_random_uuid(), 'telegram:1', 'telegram', ref, '{}', 'published', ref, ref,
             'image/png', 1, 1200, 600, 'a'
      from unnest(array['a', 'b']) ref
    `;
    await sql.end();

    const { notes } = await findings({ database: { url, pool: 1 } });

    expect(notes).toContain(
      "2 images and 0 portraits of an earlier release have no smaller copies: npm run backfill -- --variants makes them",
    );
  });

  test("reads the token issuer's keys as the functions do", async () => {
    const good = await oidc("RSA");
    expect((await findings({ jwtIssuer: good })).ok).toContain(`${good} is reachable; keys: 1`);
    const curve = await oidc("EC", "P-256");
    expect((await findings({ jwtIssuer: curve })).ok).toContain(`${curve} is reachable; keys: 1`);

    const others = await oidc("EC", "P-521");
    expect((await findings({ jwtIssuer: others })).wrong).toEqual([
      expect.stringMatching(/has no RSA, P-256 or Ed25519 key: configure it to sign with RS256/),
    ]);
    expect((await findings({ jwtIssuer: `${good}/` })).wrong).toEqual([
      `The issuer's discovery document names ${good}, but JWT_ISSUER is ${good}/: set JWT_ISSUER to the name in the document, and deploy`,
    ]);
    expect((await findings({ jwtIssuer: `${r2.publicUrl}/missing` })).wrong).toEqual([
      expect.stringMatching(/openid-configuration responds with 404: check JWT_ISSUER/),
    ]);
  });

  test("reports that Telegram has no webhook, cannot deliver, or rejects the bot's token", async () => {
    const silent = await embeddedTelegram({ port: 0, botToken: "9:a_token", botName: "other_bot" });
    servers.push(silent);
    const none = await findings({ telegram: silent });
    expect(none.wrong).toEqual([
      expect.stringMatching(/^Telegram has no webhook: restart npm start, which registers it$/),
    ]);

    const url = `${await serve((_, response) => response.writeHead(500).end())}/telegram/webhook`;
    silent.allowWebhook(url);
    await fetch(`${silent.api}/bot9:a_token/setWebhook?url=${url}`, { method: "POST" });
    silent.phone({ id: 1, first_name: "Mira" }).sendText("hello");
    await expect
      .poll(() => telegramBot(silent).getWebhookInfo(), { timeout: 10_000 })
      .toHaveProperty("last_error_message");
    const failing = await findings({ telegram: silent });
    expect(failing.wrong).toEqual([
      expect.stringMatching(
        /^Telegram could not deliver an update to the webhook 0 min ago \(Wrong response from the webhook: 500 .*\); 1 updates pending/,
      ),
    ]);

    const wrongToken = { api: telegram.api, botToken: "8080:a_wrong_secret" };
    const { wrong } = await findings({ telegram: wrongToken });
    expect(wrong).toEqual([expect.stringMatching(/^Telegram: .*401.*: check TelegramBotToken/)]);
    expect(wrong.join()).not.toContain("a_wrong_secret");
  });

  test("stops a check that takes too long, finishes the others and cleans up", async () => {
    const publicUrl = await serve(() => {});
    const { wrong, ok } = await findings({ images: { ...working.images, publicUrl } }, 4_000);
    expect(wrong).toEqual([
      expect.stringMatching(
        /^The public domain .*: no response within 4 s: check the bucket's custom/,
      ),
      expect.stringMatching(/^Privacy of incoming: no response within 4 s/),
    ]);
    expect(ok).toContain(`Postgres is reachable and has all ${migrations.length} migrations`);
    expect(await leftBehind()).toEqual([]);
  });

  test("cleans up when it is interrupted", async () => {
    const interrupted = new AbortController();
    const publicUrl = await serve(() => interrupted.abort(new Error("interrupted")));
    const { signal } = interrupted;
    const found = await doctor(
      { ...working, images: { ...working.images, publicUrl } },
      { signal },
    );
    expect(found).toContainEqual({
      mark: "!!",
      text: `The public domain ${publicUrl}: interrupted: run the doctor again`,
    });
    expect(await leftBehind()).toEqual([]);
  });

  test("names the objects that it could not remove", async () => {
    const connection = await cuttableProxy(r2.endpoint);
    servers.push(connection);
    // the storage becomes unreachable when the public domain is asked for what was written
    const publicUrl = await serve(() => void connection.cut());
    const endpoint = connection.url;
    const { wrong } = await findings({ images: { ...working.images, endpoint, publicUrl } }, 1_500);

    const left = await leftBehind();
    expect(left.length).toBeGreaterThan(0);
    for (const key of left)
      expect(wrong.join("\n")).toMatch(
        new RegExp(`^${key} may still be in images .*by hand$`, "m"),
      );
    for (const key of left) await publicBucket(working.images).remove(key!);
  });
});

type Queue = Configuration["queues"][number];

function arnOf(url: string) {
  return `arn:aws:sqs:${process.env.AWS_REGION}:000000000000:${url.split("/").at(-1)}`;
}

const set = (QueueUrl: string, policy: object) =>
  stack.sqs.send(
    new SetQueueAttributesCommand({
      QueueUrl,
      Attributes: { RedrivePolicy: JSON.stringify(policy) },
    }),
  );

async function restoreQueues() {
  for (const { name, url, deadLetterUrl } of working.queues)
    await set(url, {
      deadLetterTargetArn: arnOf(deadLetterUrl),
      maxReceiveCount: queues[name].receives,
    });
}

/** An OIDC issuer with one key. */
async function oidc(kty: string, crv?: string): Promise<string> {
  const issuer = await serve(({ url }, response) => {
    if (url === "/keys") return response.end(JSON.stringify({ keys: [{ kty, crv, kid: "1" }] }));
    response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }));
  });
  return issuer;
}

/** A storage that accepts every write, as often as it is sent. */
async function permissiveStorage(): Promise<string> {
  const objects = new Map<string, Buffer>();
  return serve(async (request, response) => {
    const key = request.url?.split("?")[0] ?? "";
    if (request.method === "PUT") objects.set(key, Buffer.concat(await request.toArray()));
    if (request.method === "DELETE") objects.delete(key);
    const bytes = objects.get(key);
    response.writeHead(request.method === "GET" && !bytes ? 404 : 200).end(bytes);
  });
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  servers.push({
    stop() {
      server.close();
      server.closeAllConnections();
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A storage that checks no signature and obeys every header. */
function obedientStorage() {
  const objects = new Map<string, { body: Buffer; headers: Record<string, string> }>();
  return serve(async (request, response) => {
    const { pathname: path } = new URL(request.url ?? "/", "http://storage");
    const body = Buffer.concat(await request.toArray());
    if (request.method === "PUT") {
      const source = request.headers["x-amz-copy-source"];
      const headers = Object.entries(request.headers as Record<string, string>);
      objects.set(path, {
        body: objects.get(`${source}`)?.body ?? body,
        headers: Object.fromEntries(headers.filter(([name]) => name.startsWith("x-amz-meta-"))),
      });
      return void response.end();
    }
    const object = objects.get(path);
    if (request.method === "DELETE") return void response.writeHead(204).end();
    if (!object) return void response.writeHead(404).end("<Error><Code>NoSuchKey</Code></Error>");
    response.writeHead(200, object.headers).end(object.body);
  });
}
