import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, createClient } from "@keepsake/client/client";
import { AppError } from "@keepsake/contract/errors";
import type { Local } from "@keepsake/local/commands/start";
import { remotePhone } from "@keepsake/local/embedded/telegram/embeddedTelegram";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { character } from "../support/drafts.ts";
import { bytesAt, fileOf, sha256Of } from "../support/files.ts";
import { noisePng } from "../support/images.ts";
import { cuttable } from "../support/proxy.ts";
import { sweep, type TestStack, testStack } from "../support/stack.ts";
import { httpWire, type Verdict, type Wire } from "./support/faultyProxies.ts";
import { passDays } from "./support/passTime.ts";
import { isFull, report } from "./support/report.ts";

const kills = isFull ? 5 : 1;
const happened: string[] = [];

afterAll(() => {
  if (happened.length < 4) return; // a part of the file was run, or failed
  report("real", [
    "| what happened under load | what was acknowledged |",
    "|---|---|",
    ...happened.map((row) => `| ${row} |`),
  ]);
});

/** What somebody was told is done. */
type Acknowledged = {
  /** SHA-256 of the portraits of a world, by its id. */
  worlds: Map<string, string[]>;
  /** SHA-256 by the URL that was answered. */
  images: Map<string, string>;
};

const nothing = (): Acknowledged => ({ worlds: new Map(), images: new Map() });

describe("npm start, killed with -9 under load and started again,", () => {
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

  test("has every world, upload and re-hosted photo that it acknowledged, published", {
    timeout: 60_000 * kills,
  }, async () => {
    const told = nothing();
    let system = start(home, started);
    let local = await addresses(home);
    for (let kill = 0; kill < kills; kill += 1) {
      const load = loadOn(await signedIn(local.api), told);
      const phone = sendPhotos(local, told);
      await sleep(2_500);
      process.kill(local.pid, "SIGKILL");
      await once(system, "exit");
      await Promise.all([load.stop(), phone.stop()]);
      system = start(home, started);
      local = await addresses(home, local.pid);
    }

    expect(told.worlds.size).toBeGreaterThan(3);
    expect(told.images.size).toBeGreaterThan(3);
    const sql = postgres(local.database_url, { max: 1, onnotice() {} });
    await until(async () => (await pendingRows(sql)) === 0);
    expect(await lost(await signedIn(local.api), told)).toEqual([]);
    const unexplained = await sql`
      select * from images where status in ('pending', 'failed') and platform <> 'web'
        or (status = 'rejected' and error is null)
    `;
    expect(unexplained).toEqual([]);
    await sql.end();
    const times = kills === 1 ? "once" : `${kills} times`;
    happened.push(
      `the whole system killed with -9 ${times}, and started again | every world, upload and re-hosted photo is there, published`,
    );
  });
});

describe("under load,", () => {
  let stack: TestStack;
  let r2: Wire;
  let sqs: Awaited<ReturnType<typeof cuttable>>;
  let mood: () => Verdict = () => "pass";

  beforeAll(async () => {
    const parts = inject("parts");
    r2 = await httpWire("R2", parts.r2.endpoint, { decide: () => mood() });
    sqs = await cuttable(parts.sqsEndpoint);
    stack = await testStack({
      parts: { r2: { ...parts.r2, endpoint: r2.url }, sqsEndpoint: sqs.url },
    });
  });
  afterAll(async () => {
    await stack.stop();
    await Promise.all([r2.stop(), sqs.stop()]);
  });

  test("a store that answers 429, 500 and 503, hangs up and is slow loses nothing", {
    timeout: 60_000,
  }, async () => {
    const moods: Verdict[] = [
      "pass",
      { status: 429 },
      "pass",
      { status: 500 },
      "after",
      "pass",
      { status: 503 },
      "before",
      { delayMs: 300 },
    ];
    let asked = 0;
    mood = () => moods[asked++ % moods.length]!;
    await survives(2_500);
    mood = () => "pass";
    await allPublished();
    expect(asked).toBeGreaterThan(moods.length);
    happened.push(
      "R2 answered 429, 500 and 503, reset connections, lost answers, was slow | all published",
    );
  });

  test("Postgres ending every connection again and again loses nothing", {
    timeout: 60_000,
  }, async () => {
    const [{ name }] = await stack.sql<[{ name: string }]>`select current_database() as name`;
    const admin = postgres(inject("parts").databaseUrl, { max: 1, onnotice() {} });
    let ended = 0;
    const killing = repeat(async () => {
      const { count } = await admin`
        select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}
      `;
      ended += count;
      await sleep(60);
    });
    await survives(2_500);
    await killing.stop();
    await admin.end();
    expect(ended).toBeGreaterThan(10);
    await sleep(200);
    await allPublished();
    happened.push("Postgres ended every connection, many times a second | all published");
  });

  test("a queue that is down when worlds are committed loses nothing", {
    timeout: 60_000,
  }, async () => {
    await sqs.cut();
    const pieces = [await character()];
    const { world } = await stack.client("alice").createWorld({ theme: "norse", pieces });
    expect(world.pieces).toMatchObject([{ portrait_status: "pending" }]);
    await survives(1_500);
    await sqs.mend();
    await allPublished();
    happened.push(
      "the queue was down while worlds were created | all published after the next sweep",
    );
  });

  /** Puts load on the stack for a while; then everything acknowledged must turn out published. */
  async function survives(ms: number) {
    told = nothing();
    const load = loadOn(stack.client("alice"), told);
    await sleep(ms);
    await load.stop();
    expect(told.worlds.size).toBeGreaterThan(1);
  }
  let told = nothing();

  async function allPublished() {
    await until(async () => {
      await sweep(stack);
      await sleep(300);
      if ((await pendingRows(stack.sql)) === 0) return true;
      await passDays(stack.sql);
      return false;
    });
    expect(await lost(stack.client("alice"), told)).toEqual([]);
  }
});

/** Creates worlds and uploads files, one after another on each of four lines, and notes what is answered. */
function loadOn(client: Client, told: Acknowledged) {
  const creating = () =>
    repeat(async () => {
      const portraits = await Promise.all([noisePng(48), noisePng(48)]);
      const pieces = await Promise.all(portraits.map((bytes, n) => character(`No. ${n}`, bytes)));
      const idempotencyKey = crypto.randomUUID();
      const { world } = await insisting(() =>
        client.createWorld({ theme: "norse", pieces }, { idempotencyKey }),
      );
      told.worlds.set(world.world_id, portraits.map(sha256Of));
    });
  const uploading = () =>
    repeat(async () => {
      const bytes = await noisePng(48);
      const { url } = await insisting(() => client.upload(fileOf(bytes)));
      told.images.set(url!, sha256Of(bytes));
    });
  const lines = [creating(), creating(), uploading(), uploading()];
  return { stop: () => Promise.all(lines.map((line) => line.stop())) };
}

/** A phone that sends photos; the bot's answer is what acknowledges one. */
function sendPhotos({ telegram }: Local, told: Acknowledged) {
  const phone = remotePhone(telegram, { id: 4242, first_name: "Mira" });
  return repeat(async () => {
    const bytes = await noisePng(48);
    await phone.sendPhoto(new Uint8Array(bytes));
    const { text } = await phone.waitForReply(5_000);
    told.images.set(text!, sha256Of(bytes));
  });
}

/** Does it again and again until it is stopped. What fails was not acknowledged. */
function repeat(work: () => Promise<void>) {
  let isOver = false;
  const going = (async () => {
    while (!isOver) await work().catch(() => sleep(30));
  })();
  return {
    stop() {
      isOver = true;
      return going;
    },
  };
}

/** As a caller that sends again what failed on the other side, for a while. */
async function insisting<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      const isTheirs = error instanceof AppError && error.code === "server.failed";
      if (!isTheirs || attempt === 5) throw error;
      await sleep(50);
    }
  }
}

/** What was acknowledged and is not there as it was sent. */
async function lost(client: Client, { worlds, images }: Acknowledged): Promise<string[]> {
  const found: string[] = [];
  for (const [world_id, sha256s] of worlds) {
    const { world } = await insisting(() => client.getWorld({ world_id }));
    for (const [index, { details, portrait_status }] of world.pieces.entries()) {
      if (portrait_status !== "published") found.push(`${world_id} ends ${portrait_status}`);
      else if (sha256Of(await bytesAt(details.image_portrait)) !== sha256s[index])
        found.push(`${world_id} shows other bytes`);
    }
  }
  for (const [url, sha256] of images)
    if (sha256Of(await bytesAt(url)) !== sha256) found.push(`${url} is lost`);
  return found;
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
    // a connection that was ended may fail one more call before it is replaced
    if (await condition().catch(() => false)) return;
  throw new Error("It did not come true in 40 s");
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

/** What local.json says once a system (another than `oldPid`'s) answers. */
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

async function signedIn(api: string) {
  const body = JSON.stringify({ sub: "alice" });
  const answer = await fetch(`${api}/dev/token`, { method: "POST", body });
  const { token } = (await answer.json()) as { token: string };
  return createClient({ baseUrl: api, token });
}
