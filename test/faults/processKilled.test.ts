import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, createClient, KeepsakeError } from "@keepsake/client";
import { statuses } from "@keepsake/contract/errors";
import { remotePhone } from "@keepsake/local/embedded/telegram/remotePhone";
import type { Local } from "@keepsake/local/localJson";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { cuttableProxy } from "../support/cuttableProxy.ts";
import { noisePng } from "../support/images.ts";
import { character } from "../support/pieceDrafts.ts";
import { sweep, type TestStack, testStack } from "../support/stack.ts";
import { bytesAt, fileOf, sha256Of } from "../support/uploadRequests.ts";
import type { Action } from "./support/faultInjector.ts";
import { type FaultyHttpProxy, faultyHttpProxy } from "./support/faultyProxies.ts";
import { passDays } from "./support/passTime.ts";
import { isFull, writeReport } from "./support/reliabilityDocument.ts";

const kills = isFull ? 5 : 1;
const results: string[] = [];

afterAll(() => {
  if (results.length < 4) return; // only a part of the file ran, or a test failed
  writeReport("real", [
    "| fault under load | what was acknowledged |",
    "|---|---|",
    ...results.map((row) => `| ${row} |`),
  ]);
});

/** What a response acknowledged. */
type Acknowledged = {
  /** SHA-256 of the portraits of a world, by its id. */
  worlds: Map<string, string[]>;
  /** SHA-256 of images, by the URL in the response. */
  images: Map<string, string>;
};

const nothingYet = (): Acknowledged => ({ worlds: new Map(), images: new Map() });

describe("npm start, killed with SIGKILL under load and started again,", () => {
  const home = mkdtempSync(join(tmpdir(), "keepsake-kill-"));
  const started: ChildProcess[] = [];
  afterAll(async () => {
    const last = started.at(-1);
    if (last?.exitCode === null && last.signalCode === null) {
      last.kill("SIGTERM");
      await once(last, "exit");
    }
    rmSync(home, { recursive: true, force: true });
  });

  test("has published every world, upload and re-hosted photo that it acknowledged", {
    timeout: 60_000 * kills,
  }, async () => {
    const acknowledged = nothingYet();
    let system = start(home, started);
    let local = await addresses(home);
    for (let kill = 0; kill < kills; kill += 1) {
      const load = loadOn(clientOf(local), acknowledged);
      const phone = sendPhotos(local, acknowledged);
      await sleep(2_500);
      await until(async () => acknowledged.worlds.size > 3 && acknowledged.images.size > 3);
      process.kill(local.pid, "SIGKILL");
      await once(system, "exit");
      await Promise.all([load.stop(), phone.stop()]);
      system = start(home, started);
      local = await addresses(home, local.pid);
    }

    expect(acknowledged.worlds.size).toBeGreaterThan(3);
    expect(acknowledged.images.size).toBeGreaterThan(3);
    const sql = postgres(local.database_url, { max: 1, onnotice() {} });
    await until(async () => (await pendingRows(sql)) === 0);
    expect(await lost(clientOf(local), acknowledged)).toEqual([]);
    const unexplained = await sql`
      select * from images where status in ('pending', 'failed') and platform <> 'web'
        or (status = 'rejected' and error is null)
    `;
    expect(unexplained).toEqual([]);
    await sql.end();
    const times = kills === 1 ? "once" : `${kills} times`;
    results.push(
      `the whole system was killed with SIGKILL ${times} and started again | every world, upload and re-hosted photo exists and is published`,
    );
  });
});

describe("under load,", () => {
  let stack: TestStack;
  let r2: FaultyHttpProxy;
  let sqs: Awaited<ReturnType<typeof cuttableProxy>>;
  let nextAction: () => Action = () => "forward";

  beforeAll(async () => {
    const backends = inject("backends");
    r2 = await faultyHttpProxy("R2", backends.r2.endpoint, { decide: () => nextAction() });
    sqs = await cuttableProxy(backends.sqsEndpoint);
    stack = await testStack({
      backends: { r2: { ...backends.r2, endpoint: r2.url }, sqsEndpoint: sqs.url },
    });
  });
  afterAll(async () => {
    await stack.stop();
    await Promise.all([r2.stop(), sqs.stop()]);
  });

  test("nothing is lost when R2 responds 429, 500 and 503, disconnects and is slow", {
    timeout: 60_000,
  }, async () => {
    const actions: Action[] = [
      "forward",
      { status: 429 },
      "forward",
      { status: 500 },
      "loseResponse",
      "forward",
      { status: 503 },
      "loseRequest",
      { delayMs: 300 },
    ];
    let requests = 0;
    nextAction = () => actions[requests++ % actions.length]!;
    await loadFor(2_500);
    nextAction = () => "forward";
    await allPublished();
    expect(requests).toBeGreaterThan(actions.length);
    results.push(
      "R2 responded 429, 500 and 503, reset connections, lost responses and was slow | all published",
    );
  });

  test("nothing is lost when Postgres closes every connection again and again", {
    timeout: 60_000,
  }, async () => {
    const [{ name }] = await stack.sql<[{ name: string }]>`select current_database() as name`;
    const server = Object.assign(new URL(inject("backends").databaseUrl), {
      pathname: "/postgres",
    });
    const admin = postgres(server.href, { max: 1, onnotice() {} });
    let ended = 0;
    const killing = repeat(async () => {
      const { count } = await admin`
        select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}
      `;
      ended += count;
      await sleep(60);
    });
    await loadFor(2_500, () => ended > 10);
    await killing.stop();
    await admin.end();
    expect(ended).toBeGreaterThan(10);
    await sleep(200);
    await allPublished();
    results.push("Postgres closed every connection, many times a second | all published");
  });

  test("nothing is lost when the queue is down while worlds are committed", {
    timeout: 60_000,
  }, async () => {
    await sqs.cut();
    const pieces = [await character()];
    const { world } = await stack.client("alice").createWorld({ theme: "norse", pieces });
    expect(world.pieces).toMatchObject([{ portrait_status: "pending" }]);
    await loadFor(1_500);
    await sqs.restore();
    await allPublished();
    results.push(
      "the queue was down while worlds were created | all published after the next sweep",
    );
  });

  /** Puts load on the stack for `ms`, and until it has had an effect, and records what it acknowledges. */
  async function loadFor(ms: number, hadEffect = () => true) {
    acknowledged = nothingYet();
    const load = loadOn(stack.client("alice"), acknowledged);
    await sleep(ms);
    await until(async () => acknowledged.worlds.size > 1 && hadEffect());
    await load.stop();
    expect(acknowledged.worlds.size).toBeGreaterThan(1);
  }
  let acknowledged = nothingYet();

  async function allPublished() {
    await until(async () => {
      await sweep(stack);
      // days that pass faster than a busy machine works would use up the requeues of portraits in flight
      for (const patience = Date.now() + 4_000; Date.now() < patience; await sleep(200))
        if ((await pendingRows(stack.sql)) === 0) return true;
      await passDays(stack.sql);
      return false;
    });
    expect(await lost(stack.client("alice"), acknowledged)).toEqual([]);
  }
});

/** Two loops create worlds and two upload files; records what the responses acknowledge. */
function loadOn(client: Client, acknowledged: Acknowledged) {
  const creating = () =>
    repeat(async () => {
      const portraits = await Promise.all([noisePng(48), noisePng(48)]);
      const pieces = await Promise.all(portraits.map((bytes, n) => character(`No. ${n}`, bytes)));
      const idempotencyKey = crypto.randomUUID();
      const { world } = await withRetries(() =>
        client.createWorld({ theme: "norse", pieces }, { idempotencyKey }),
      );
      acknowledged.worlds.set(world.world_id, portraits.map(sha256Of));
    });
  const uploading = () =>
    repeat(async () => {
      const bytes = await noisePng(48);
      const { url } = await withRetries(() => client.upload(fileOf(bytes)));
      acknowledged.images.set(url!, sha256Of(bytes));
    });
  const loops = [creating(), creating(), uploading(), uploading()];
  return { stop: () => Promise.all(loops.map((loop) => loop.stop())) };
}

/** A phone that sends photos; the bot's reply acknowledges each. */
function sendPhotos({ telegram }: Local, acknowledged: Acknowledged) {
  const phone = remotePhone(telegram, { id: 4242, first_name: "Mira" });
  return repeat(async () => {
    const bytes = await noisePng(48);
    await phone.sendPhoto(new Uint8Array(bytes));
    const { text } = await phone.waitForReply(5_000);
    acknowledged.images.set(text!, sha256Of(bytes));
  });
}

/** Repeats the work until stopped. Work that fails was not acknowledged. */
function repeat(work: () => Promise<void>) {
  let isStopped = false;
  const loop = (async () => {
    while (!isStopped) await work().catch(() => sleep(30));
  })();
  return {
    stop() {
      isStopped = true;
      return loop;
    },
  };
}

/** As a caller that retries after any error of the server, five attempts in all. */
async function withRetries<T>(send: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      const isServerError = error instanceof KeepsakeError && statuses[error.code] >= 500;
      if (!isServerError || attempt === 5) throw error;
      await sleep(50);
    }
  }
}

/** A sentence for everything that was acknowledged and is not published as it was sent. */
async function lost(client: Client, { worlds, images }: Acknowledged): Promise<string[]> {
  const losses: string[] = [];
  for (const [world_id, sha256s] of worlds) {
    const { world } = await withRetries(() => client.getWorld({ world_id }));
    for (const [index, { details, portrait_status }] of world.pieces.entries()) {
      if (portrait_status !== "published") losses.push(`${world_id} ends ${portrait_status}`);
      else if (sha256Of(await bytesAt(details.image_portrait)) !== sha256s[index])
        losses.push(`${world_id} shows other bytes`);
    }
  }
  for (const [url, sha256] of images)
    if (sha256Of(await bytesAt(url)) !== sha256) losses.push(`${url} is lost`);
  return losses;
}

async function pendingRows(sql: postgres.Sql) {
  const [row] = await sql<[{ count: number }]>`
    select (select count(*) from lore_pieces where portrait_status = 'pending')::integer
         + (select count(*) from images where status = 'pending' and platform <> 'web')::integer
         as count
  `;
  return row.count;
}

async function until(condition: () => Promise<boolean>) {
  for (const deadline = Date.now() + 40_000; Date.now() < deadline; await sleep(100))
    // a closed connection may fail one more call before it is replaced
    if (await condition().catch(() => false)) return;
  throw new Error("The condition did not become true in 40 s");
}

const root = resolve(import.meta.dirname, "../..");

function start(home: string, started: ChildProcess[]) {
  const { DATABASE_URL: _, R2_ENDPOINT: __, SQS_ENDPOINT: ___, ...env } = process.env;
  const child = spawn(process.execPath, ["packages/local/bin.mjs", "start"], {
    cwd: root,
    env: { ...env, KEEPSAKE_HOME: home, PORT: "0", LOG_LEVEL: "SILENT" },
    stdio: "ignore",
  });
  started.push(child);
  return child;
}

/** The contents of local.json once a system, with another process id than `oldPid`, responds. */
async function addresses(home: string, oldPid?: number): Promise<Local> {
  for (const deadline = Date.now() + 40_000; Date.now() < deadline; await sleep(50)) {
    try {
      const local = JSON.parse(readFileSync(join(home, "local.json"), "utf8"));
      if (local.pid !== oldPid && (await fetch(`${local.api}/health`)).ok) return local;
    } catch {
      // not yet
    }
  }
  throw new Error("npm start did not come up in 40 s");
}

const clientOf = ({ api: baseUrl, service_key: serviceKey }: Local) =>
  createClient({ baseUrl, serviceKey, owner: "alice" });
