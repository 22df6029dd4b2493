import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import {
  CreateQueueCommand,
  PurgeQueueCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs";
import { privateBucket, publicBucket, s3Client } from "@keepsake/adapters/cloud/r2";
import { telegramBot } from "@keepsake/adapters/platforms/telegram";
import { type QueueName, queues } from "@keepsake/contract/queues";
import {
  type EmbeddedTelegram,
  embeddedTelegram,
} from "@keepsake/local/embedded/telegram/embeddedTelegram";
import { doctor } from "@keepsake/ops/doctor/doctor";
import type { Configuration } from "@keepsake/ops/doctor/findings";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { cuttable } from "../support/proxy.ts";
import { copyDatabase, type TestStack, testStack } from "../support/stack.ts";

const { r2, databaseUrl } = inject("parts");
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
    botToken: "8080:not_for_any_eyes_but_ours",
    botName: "keepsake_bot",
    webhookRetries: { pauseMs: 10, attempts: 2 },
  });
  stack = await testStack({ telegram, consume: false });
  working = {
    images: { ...keys, bucket: r2.imagesBucket, publicUrl: r2.publicUrl },
    incoming: { ...keys, bucket: r2.incomingBucket },
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

/** What the doctor says of the working system with this put in place of what works. */
async function findings(broken: Partial<Configuration> = {}, limitMs = 10_000) {
  const found = await doctor({ ...working, ...broken }, { limitMs });
  const marked = (wanted: string) =>
    found.filter(({ mark }) => mark === wanted).map(({ text }) => text);
  return { found, ok: marked("ok"), wrong: marked("!!"), notes: marked("--") };
}

/** Keys that checks left behind. */
async function leftBehind() {
  const s3 = s3Client(keys);
  const lists = await Promise.all(
    [r2.imagesBucket, r2.incomingBucket].map((Bucket) =>
      s3.send(new ListObjectsV2Command({ Bucket, Prefix: "doctor/" })),
    ),
  );
  s3.destroy();
  return lists.flatMap(({ Contents = [] }) => Contents.map(({ Key }) => Key));
}

describe("the doctor", () => {
  test("finds nothing wrong with a system that works, and leaves nothing behind", async () => {
    const { ok, wrong, notes } = await findings();

    expect(wrong).toEqual([]);
    expect(ok).toEqual([
      "images: writes, reads and deletes",
      "incoming: writes, reads and deletes",
      "images: bytes with a wrong SHA-256 are refused",
      "images: a key is written once; a second and a third write are refused",
      "incoming: a presigned URL takes the promised bytes, once, and no others",
      `incoming: pages of ${allowed} may send files`,
      "incoming: pages of other origins may not",
      `${r2.publicUrl} serves what is written, with its type, length and for ever`,
      "incoming: not at the public domain, and not without a signature",
      `Postgres answers, with all ${migrations.length} migrations`,
      "PortraitQueueDead is empty",
      "RehostQueueDead is empty",
      `Telegram sends updates to ${new URL(stack.api).host}; 0 updates wait`,
    ]);
    expect(notes).toEqual([
      "a bucket that nobody has is refused; to see that your others are: --other-bucket",
      "no CDN zone is linked: nothing to purge",
      "PortraitQueue: a message that failed comes back after 1 s (deployed: 360)",
      "RehostQueue: a message that failed comes back after 1 s (deployed: 360)",
      "tokens are signed by the local system: no issuer to check",
    ]);
    expect(await leftBehind()).toEqual([]);
  });

  test("tells of each check as soon as it and those before it are done", async () => {
    const told: string[] = [];
    const found = await doctor(working, { tell: ({ text }) => told.push(text) });
    expect(told).toEqual(found.map(({ text }) => text));
  });

  test("says what to do about a wrong R2 key, and never shows one", async () => {
    const secretAccessKey = "not-the-secret-access-key";
    const { wrong } = await findings({
      images: { ...working.images, secretAccessKey },
      incoming: { ...working.incoming, secretAccessKey },
    });

    expect(wrong).toContainEqual(
      expect.stringMatching(/^images: SignatureDoesNotMatch.*: check R2AccessKeyId, R2Secret/),
    );
    expect(wrong).toContainEqual(expect.stringMatching(/^incoming: SignatureDoesNotMatch/));
    expect(wrong.join()).not.toContain("delete it by hand");
    expect(wrong).toContainEqual(expect.stringMatching(/^incoming refuses the bytes .* \(403\)/));
    expect(wrong.join()).not.toContain(secretAccessKey);
    expect(wrong.join()).not.toContain(r2.secretAccessKey);
  });

  test("says that the keys reach a bucket that is not ours, and removes what it wrote there", async () => {
    const { wrong } = await findings({ otherBucket: r2.incomingBucket });
    expect(wrong).toEqual([
      `The R2 keys also write to ${r2.incomingBucket}: narrow them to the two buckets (docs/deploy.md)`,
    ]);
    expect(await leftBehind()).toEqual([]);
  });

  test("says that a storage checks no SHA-256, or writes twice, when it does not", async () => {
    const { wrong } = await findings({
      images: { ...working.images, endpoint: await careless() },
      incoming: { ...working.incoming, endpoint: await careless() },
    });
    expect(wrong).toContainEqual(
      expect.stringMatching(/^images does not check the SHA-256 .* \(accepted\): do not use/),
    );
    expect(wrong).toContainEqual(
      expect.stringMatching(/^images takes a second write under a key .* \(accepted\)/),
    );
    expect(wrong).toContainEqual(
      expect.stringMatching(/^incoming takes by a presigned URL other bytes than promised/),
    );
  });

  test("names each web origin whose pages may not send files", async () => {
    const { wrong, ok } = await findings({ webOrigins: [allowed, stranger] });
    expect(wrong).toEqual([
      `incoming refuses files from pages of ${stranger} (403): put the origin in WEB_ORIGINS and deploy, or set WEB_ORIGINS here as deployed`,
    ]);
    expect(ok).toContain(`incoming: pages of ${allowed} may send files`);
  });

  test("says that strangers' pages may send files, when any may", async () => {
    const endpoint = await serve((request, response) => {
      response.setHeader("access-control-allow-origin", "*");
      response.setHeader("access-control-allow-methods", "PUT");
      const asked = request.headers["access-control-request-headers"] ?? "";
      response.setHeader("access-control-allow-headers", asked);
      response.end();
    });
    const { wrong } = await findings({ incoming: { ...working.incoming, endpoint } });
    expect(wrong).toContainEqual(
      expect.stringMatching(/^incoming lets pages of any origin send files/),
    );
  });

  test("says that incoming is public, when the public domain shows it", async () => {
    const incoming = privateBucket(working.incoming);
    const publicUrl = await serve(async ({ url = "" }, response) => {
      const bytes = await incoming.get(url.slice(1), 1_000);
      response.writeHead(bytes ? 200 : 404).end(bytes);
    });
    const { wrong } = await findings({ images: { ...working.images, publicUrl } });
    expect(wrong).toContain(
      `incoming is public: ${publicUrl} shows its objects to anybody: remove that domain from the incoming bucket: it holds what nobody has checked`,
    );
    expect(await leftBehind()).toEqual([]);
  });

  test("says in what the public domain answers otherwise than it should", async () => {
    const publicUrl = await serve(async ({ url }, response) => {
      const answer = await fetch(r2.publicUrl + url);
      const bytes = Buffer.from(await answer.arrayBuffer());
      response.setHeader("content-type", answer.headers.get("content-type") ?? "");
      response.setHeader("cache-control", "max-age=60");
      response.writeHead(answer.status, { "content-length": bytes.length }).end(bytes);
    });
    const { wrong } = await findings({ images: { ...working.images, publicUrl } });
    expect(wrong).toEqual([
      expect.stringMatching(/answers with cache-control max-age=60, not public, max-age=31536000/),
    ]);
  });

  test("says that the CDN does not purge", async () => {
    const { wrong } = await findings({ cdn: { purge: async () => "failed" } });
    expect(wrong).toEqual([expect.stringMatching(/^Cloudflare does not purge: set Cloudflare/)]);
  });

  test("names the migrations that a database lacks", async () => {
    const url = await copyDatabase(databaseUrl, `doctor_${randomUUID().replaceAll("-", "")}`);
    const sql = postgres(url, { max: 1 });
    await sql`delete from schema_migrations where version = '20261120000003'`;

    const { wrong } = await findings({ database: { url, pool: 1 } });

    expect(wrong).toEqual([
      `Postgres lacks 1 of ${migrations.length} migrations (20261120000003_rehosts.sql): npm run migrate with DATABASE_URL`,
    ]);
    await sql`insert into schema_migrations values ('20261120000003'), ('29990101000000')`;
    await sql.end();
    expect((await findings({ database: { url, pool: 1 } })).notes).toContain(
      `Postgres has ${migrations.length + 1} migrations where this code knows ${migrations.length}`,
    );
  });

  test("says that a database was never migrated, is not there, or refuses us", async () => {
    const at = (pathname: string) => Object.assign(new URL(databaseUrl), { pathname }).href;
    const never = await findings({ database: { url: at("/postgres"), pool: 1 } });
    expect(never.wrong).toEqual([expect.stringMatching(/^Postgres lacks (\d+) of \1 migrations/)]);

    const missing = await findings({ database: { url: at("/nobodys"), pool: 1 } });
    expect(missing.wrong).toEqual([
      'Postgres: database "nobodys" does not exist: check DatabaseUrl, and that the database takes connections from here',
    ]);

    const url = "postgres://keepsake:a-secret-word@127.0.0.1:9/keepsake";
    const down = await findings({ database: { url, pool: 1 } });
    expect(down.wrong).toEqual([expect.stringMatching(/^Postgres: .*ECONNREFUSED.*: check Data/)]);
    expect(down.wrong.join()).not.toContain("a-secret-word");
  });

  test("says that a deployed queue's visibility, receives or burial is not the contract's", async () => {
    const isLocal = false;
    const jwtIssuer = await oidc("RSA");
    expect((await findings({ isLocal, jwtIssuer })).wrong).toEqual([
      "PortraitQueue hides a message for 1 s, and its consumer needs 360: deploy: nobody else may change the queue's visibility timeout",
      "RehostQueue hides a message for 1 s, and its consumer needs 360: deploy: nobody else may change the queue's visibility timeout",
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
      "PortraitQueue delivers a message 2 times, and the sweep counts on 5: deploy",
      "RehostQueue does not bury in RehostQueueDead what fails: deploy",
    ]);
  });

  test("accepts a deployed queue that is as the contract says, and misses one that is not there", async () => {
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
        { ...rehosts, url: `${rehosts.url}-nobodys` },
      ],
    });
    expect(ok).toContain(
      "PortraitQueue: hidden for 360 s, delivered 5 times, then PortraitQueueDead",
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
    expect(wrong).toEqual([expect.stringMatching(/^RehostQueueDead is not empty: 1: npm run dlq/)]);
  });

  test("reads the token issuer's keys as API Gateway does", async () => {
    const good = await oidc("RSA");
    expect((await findings({ jwtIssuer: good })).ok).toContain(`${good} answers; RSA keys: 1`);

    const curves = await oidc("EC");
    expect((await findings({ jwtIssuer: curves })).wrong).toEqual([
      expect.stringMatching(/has no RSA keys: let it sign with RS256/),
    ]);
    expect((await findings({ jwtIssuer: `${good}/` })).wrong).toEqual([
      `The token issuer calls itself ${good}, not ${good}/: set JWT_ISSUER to exactly that, and deploy`,
    ]);
    expect((await findings({ jwtIssuer: `${r2.publicUrl}/nobody` })).wrong).toEqual([
      expect.stringMatching(/openid-configuration answers with 404: check JWT_ISSUER/),
    ]);
    expect((await findings({ isLocal: false })).wrong).toContain(
      "JWT_ISSUER is not set: set it as deployed, in .env.<stage>",
    );
  });

  test("says that Telegram has no webhook, cannot deliver, or knows no such bot", async () => {
    const silent = await embeddedTelegram({ port: 0, botToken: "9:a_token", botName: "other_bot" });
    servers.push(silent);
    const none = await findings({ telegram: silent });
    expect(none.wrong).toEqual([
      expect.stringMatching(/^Telegram has no webhook: npm run telegram:webhook/),
    ]);

    const url = `${await serve((_, response) => response.writeHead(500).end())}/telegram/webhook`;
    await fetch(`${silent.api}/bot9:a_token/setWebhook?url=${url}`, { method: "POST" });
    silent.phone({ id: 1, first_name: "Mira" }).sendText("hello");
    await expect
      .poll(() => telegramBot(silent).getWebhookInfo(), { timeout: 10_000 })
      .toHaveProperty("last_error_message");
    const failing = await findings({ telegram: silent });
    expect(failing.wrong).toEqual([
      expect.stringMatching(
        /^Telegram could not deliver 0 min ago \(Wrong response from the webhook: 500 .*\); 1 updates wait/,
      ),
    ]);

    const stranger = { api: telegram.api, botToken: "8080:a_wrong_secret" };
    const { wrong } = await findings({ telegram: stranger });
    expect(wrong).toEqual([expect.stringMatching(/^Telegram: .*401.*: check TelegramBotToken/)]);
    expect(wrong.join()).not.toContain("a_wrong_secret");
  });

  test("gives up a check that takes too long, does the others, and cleans up", async () => {
    const publicUrl = await serve(() => {});
    const { wrong, ok } = await findings({ images: { ...working.images, publicUrl } }, 4_000);
    expect(wrong).toEqual([
      expect.stringMatching(/^The public domain .*: no answer in 4 s: check the bucket's custom/),
      expect.stringMatching(/^Privacy of incoming: no answer in 4 s/),
    ]);
    expect(ok).toContain(`Postgres answers, with all ${migrations.length} migrations`);
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
      text: `The public domain ${publicUrl}: interrupted: run it again`,
    });
    expect(await leftBehind()).toEqual([]);
  });

  test("names what it could not remove", async () => {
    const wire = await cuttable(r2.endpoint);
    servers.push(wire);
    // the storage goes away in the moment in which the public domain is asked for what was written
    const publicUrl = await serve(() => void wire.cut());
    const endpoint = wire.url;
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
async function oidc(kty: string): Promise<string> {
  const issuer = await serve(({ url }, response) => {
    if (url === "/keys") return response.end(JSON.stringify({ keys: [{ kty, kid: "1" }] }));
    response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }));
  });
  return issuer;
}

/** A storage that takes whatever is sent, as often as it is sent. */
async function careless(): Promise<string> {
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
