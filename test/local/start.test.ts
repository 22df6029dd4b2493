import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@keepsake/client";
import type { Local } from "@keepsake/local/localJson";
import { writePrivateFile } from "@keepsake/local/writePrivateFile";
import type { Settings } from "@keepsake/studio/settings";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { png } from "../support/images.ts";
import { startOidcProvider } from "../support/oidcProvider.ts";
import { character } from "../support/pieceDrafts.ts";
import { fileOf, putTo, uploadRequest } from "../support/uploadRequests.ts";

const root = resolve(import.meta.dirname, "../..");
let home: string;
const started: ChildProcess[] = [];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "keepsake-start-"));
});
afterEach(async () => {
  for (const child of started.splice(0))
    if (child.exitCode === null && child.signalCode === null) await terminate(child);
  rmSync(home, { recursive: true, force: true });
});

describe("npm start", () => {
  test("starts everything, and SIGTERM to npm stops everything", async () => {
    const npm = run("npm", ["start"]);
    const local = await addresses();
    expect(Object.keys(local)).toEqual([
      "pid",
      "studio",
      "api",
      "stream",
      "cdn",
      "r2",
      "sqs",
      "telegram",
      "telegram_bots",
      "image_hosts",
      "database_url",
      "service_key",
      "r2_keys",
      "webhook_secret",
    ]);
    expect((await fetch(`${local.api}/health`)).status).toBe(200);
    expect((await fetch(local.studio)).status).toBe(200);
    expect(processesOf(home).length).toBeGreaterThan(0);

    await terminate(npm);

    expect(processesOf(home)).toEqual([]);
    await expect(fetch(`${local.api}/health`)).rejects.toThrow();
    await expect(fetch(local.studio)).rejects.toThrow();
  }, 60_000);

  test("serves Studio at one origin, and pages of other machines may not call the other servers", async () => {
    run(process.execPath, ["packages/local/bin.mjs", "start"]);
    const { studio, api, stream, cdn, r2, telegram, service_key } = await addresses();

    const page = await fetch(`${studio}/worlds/1`);
    const settings = await settingsOf(page);
    expect(settings).toEqual({
      ...{ api, stream, cdn, uploads: new URL(r2).origin },
      ...{ sign_in: { by: "name" }, sweep_minutes: 1, phone: telegram },
      no_references: true, // the offline painter takes none
    });
    expect(JSON.parse(readFileSync(join(home, "studio.json"), "utf8"))).toEqual(settings);
    expect(page.headers.get("content-security-policy")).toContain(
      `connect-src 'self' ${new URL(api).origin} ${new URL(stream).origin}`,
    );
    const localhost = studio.replace("127.0.0.1", "localhost");
    const moved = await fetch(`${localhost}/worlds/1`, { redirect: "manual" });
    expect([moved.status, moved.headers.get("location")]).toEqual([308, `${studio}/worlds/1`]);

    const body = JSON.stringify({ name: "alice" });
    const signIn = await fetch(`${studio}/sign-in`, {
      method: "POST",
      headers: { origin: studio },
      body,
    });
    const { token } = (await signIn.json()) as { token: string };
    const authorization = `Bearer ${token}`;
    expect(token).not.toContain(service_key);
    expect((await fetch(`${api}/worlds`, { headers: { authorization } })).status).toBe(200);
    const preflight = (method: string, headers: string) => ({
      method: "OPTIONS",
      headers: {
        "access-control-request-method": method,
        "access-control-request-headers": headers,
      },
    });
    const upload = "content-type,if-none-match,x-amz-checksum-sha256";
    const calls: [string, RequestInit][] = [
      [`${api}/worlds`, { headers: { authorization } }],
      [`${api}/worlds`, preflight("POST", "authorization,content-type,idempotency-key")],
      [`${r2}/incoming/some-upload`, preflight("PUT", upload)],
      [`${stream}`, preflight("POST", "authorization,content-type")],
      [stream, { method: "POST", body: "{}", headers: { "content-type": "application/json" } }],
      [`${cdn}/portraits/none`, {}],
      [`${telegram}/phone/1/photo`, preflight("POST", "content-type")],
    ];
    for (const [url, init] of calls)
      for (const origin of [studio, "https://pages.example"]) {
        const headers = { ...(init.headers as object), origin };
        const response = await fetch(url, { ...init, headers });
        const allowed = response.headers.get("access-control-allow-origin");
        expect([url, origin, allowed]).toEqual([url, origin, origin === studio ? studio : null]);
      }
  }, 60_000);

  test("keeps its files in a folder that only their owner can read, also where others could before", async () => {
    const first = run(process.execPath, ["packages/local/bin.mjs", "start"], { umask: 0 });
    const local = await addresses();
    const { world } = await signedIn(local).createWorld({
      theme: "norse",
      pieces: [await character()],
    });
    await signedIn(local).waitForPortraits(world.world_id);
    await vi.waitFor(() => readFileSync(join(home, "links.json")));
    expect(readableByOthers()).toEqual([]);
    await terminate(first);

    for (const name of ["", "data", "data/r2", "studio"]) chmodSync(join(home, name), 0o755);
    for (const name of ["local.json", "data/postgres.log"]) chmodSync(join(home, name), 0o644);
    writeFileSync(join(home, "data/r2/old"), "", { mode: 0o664 });
    chmodSync(join(home, "data/r2/old"), 0o664);
    writeFileSync(join(home, "not-ours"), "");
    chmodSync(join(home, "not-ours"), 0o644);
    run(process.execPath, ["packages/local/bin.mjs", "start"], { umask: 0 });
    const again = signedIn(await addresses(local.pid));
    expect((await again.listWorlds()).worlds).toHaveLength(1);
    expect(readableByOthers()).toEqual(["not-ours"]);
    expect(readdirSync(home).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  }, 60_000);

  test("prints the database's URL without its password, and no keys", async () => {
    const system = run(process.execPath, ["packages/local/bin.mjs", "start"]);
    let output = "";
    for (const stream of [system.stdout, system.stderr])
      stream!.on("data", (text) => {
        output += text;
      });
    const { database_url, r2_keys, service_key } = await addresses();
    const { password, host } = new URL(database_url);
    await vi.waitFor(() => expect(output).toContain("Ready:"), { timeout: 10_000 });
    expect(output).toContain(`Ready: ${join(home, "local.json")} has these URLs`);
    expect(output).toContain(`postgres://keepsake@${host}/keepsake`);
    expect(password.length).toBeGreaterThan(10);
    expect(output).not.toContain(password);
    expect(output).not.toContain(service_key);
    for (const { secret_access_key } of Object.values(r2_keys!)) {
      expect(secret_access_key).toMatch(/^[\da-f]{64}$/);
      expect(output).not.toContain(secret_access_key);
    }
  }, 60_000);

  test("makes both pairs of R2 keys and a service key once, in a file that only its owner can read", async () => {
    const first = run(process.execPath, ["packages/local/bin.mjs", "start"]);
    const before = await addresses();
    expect(before.r2_keys!.web).not.toEqual(before.r2_keys!.store);
    expect(modeOf(join(home, "local.json"))).toBe(0o600);
    const bytes = await png();
    const ticket = await signedIn(before).presignUpload(uploadRequest(bytes));
    await terminate(first);

    const second = run(process.execPath, ["packages/local/bin.mjs", "start"]);
    const again = await addresses(before.pid);
    expect(again.r2_keys).toEqual(before.r2_keys);
    expect(again.service_key).toBe(before.service_key);
    expect((await putTo(ticket, bytes)).status).toBe(200);
    await terminate(second);

    const { r2_keys: _, service_key, ...ofTheReleaseBefore } = again;
    writeFileSync(join(home, "local.json"), JSON.stringify(ofTheReleaseBefore));
    run(process.execPath, ["packages/local/bin.mjs", "start"]);
    const after = await addresses(again.pid);
    const image = await signedIn(after).upload(fileOf(bytes, "a.png", "image/png"));
    expect((await fetch(image.url!)).status).toBe(200);
    expect(Object.keys(after.r2_keys!)).toEqual(["web", "store"]);
    expect(after.service_key).not.toBe(service_key);
    const headers = { authorization: `Bearer ${service_key}`, "keepsake-owner": "alice" };
    expect((await fetch(`${after.api}/worlds`, { headers })).status).toBe(401);
  }, 60_000);

  test("uses a real issuer for sign-in when one is named", async () => {
    const oidc = await startOidcProvider({ redirectUris: ["http://127.0.0.1:3007/"] });
    const named = { JWT_ISSUER: oidc.issuer, OIDC_ORIGINS: "https://keys.example.com" };
    const withoutClient = run(process.execPath, ["packages/local/bin.mjs", "start"], {
      env: named,
    });
    let output = "";
    withoutClient.stderr!.on("data", (text) => {
      output += text;
    });
    expect((await once(withoutClient, "exit"))[0]).toBe(1);
    expect(output).toContain("STUDIO_CLIENT_ID must be too");

    const env = { ...named, STUDIO_CLIENT_ID: oidc.clientId };
    run(process.execPath, ["packages/local/bin.mjs", "start"], { env });
    const local = await addresses();
    const { studio, api } = local;
    expect((await settingsOf(await fetch(studio))).sign_in).toEqual({
      by: "oidc",
      issuer: oidc.issuer,
      client_id: "studio",
      audience: "keepsake",
      origins: ["https://keys.example.com"],
    });
    const body = JSON.stringify({ name: "alice" });
    const signIn = { method: "POST", headers: { origin: studio }, body };
    expect((await fetch(`${studio}/sign-in`, signIn)).status).toBe(405);
    expect((await fetch(`${api}/worlds`)).status).toBe(401);
    expect((await signedIn(local).listWorlds()).worlds).toEqual([]);
    oidc.stop();
  }, 60_000);

  test("keeps data and URLs after kill -9, and publishes the portraits that were pending", async () => {
    const first = run(process.execPath, ["packages/local/bin.mjs", "start"]);
    const before = await addresses();
    const client = signedIn(before);
    const done = await client.createWorld({ theme: "norse", pieces: [await character("Done")] });
    const published = await client.waitForPortraits(done.world.world_id);
    const pieces = await Promise.all(Array.from({ length: 20 }, (_, n) => character(`No. ${n}`)));
    const { world } = await client.createWorld({ theme: "norse", pieces });
    process.kill(before.pid, "SIGKILL");
    await once(first, "exit");

    run(process.execPath, ["packages/local/bin.mjs", "start"]);
    const after = await addresses(before.pid);

    const again = signedIn(after);
    const finished = await again.waitForPortraits(world.world_id);
    expect(finished.pieces.map(({ portrait_status }) => portrait_status)).toEqual(
      Array(20).fill("published"),
    );
    const old = published.pieces[0]!.details.image_portrait;
    expect((await fetch(String(old))).status).toBe(200);
    expect(processesOf(home).filter((line) => line.includes("-D")).length).toBeLessThan(3);
  }, 60_000);

  test("logs requests, and neither images nor secrets", async () => {
    const system = run(process.execPath, ["packages/local/bin.mjs", "start"], {
      logLevel: "DEBUG",
    });
    let logged = "";
    for (const stream of [system.stdout, system.stderr])
      stream!.on("data", (text) => {
        logged += text;
      });
    const local = await addresses();
    const { r2_keys, service_key } = local;
    const client = signedIn(local);
    const draft = await character("Mira");
    const { world } = await client.createWorld({ theme: "norse", pieces: [draft] });
    await client.waitForPortraits(world.world_id);
    await client
      .createWorld({ theme: "norse", pieces: [{ ...draft, name: "a\0b" }] })
      .catch(() => {});
    await terminate(system);

    expect(logged).toContain('"route":"createWorld","status":201');
    expect(logged).toContain('"route":"createWorld","status":422');
    const base64 = String(draft.details.image_portrait_base64);
    const keys = Object.values(r2_keys!).map(({ secret_access_key }) => secret_access_key);
    for (const secret of [base64.slice(0, 40), ...keys, service_key, "Bearer ", "eyJ"])
      expect(logged).not.toContain(secret);
  }, 60_000);

  test("reports which port is taken", async () => {
    const first = run(process.execPath, ["packages/local/bin.mjs", "start"]);
    const { api, pid } = await addresses();
    const taken = new URL(api).port;
    await terminate(first);
    const server = createServer().listen(Number(taken), "127.0.0.1");
    await once(server, "listening");

    const second = run(process.execPath, ["packages/local/bin.mjs", "start"], { port: taken });
    let output = "";
    second.stderr!.on("data", (text) => {
      output += text;
    });
    expect((await once(second, "exit"))[0]).toBe(1);

    expect(output).toContain(`Port ${taken} is taken`);
    expect(processesOf(home)).toEqual([]);
    expect(pid).not.toBe(second.pid);
    server.close();
  }, 60_000);

  test("leaves no process behind when Studio cannot be built", async () => {
    writeFileSync(join(home, "studio"), "a file where the folder belongs");
    const system = run(process.execPath, ["packages/local/bin.mjs", "start"]);
    let output = "";
    system.stderr!.on("data", (text) => {
      output += text;
    });
    expect((await once(system, "exit"))[0]).toBe(1);
    expect(output).toContain("Build failed");
    expect(processesOf(home)).toEqual([]);
  }, 60_000);

  test("deletes old data with --fresh, and rejects unknown options and a second start", async () => {
    const first = run(process.execPath, ["packages/local/bin.mjs", "start"]);
    const local = await addresses();
    await signedIn(local).createWorld({ theme: "norse", pieces: [await character()] });
    await terminate(first);

    run(process.execPath, ["packages/local/bin.mjs", "start", "--fresh"]);

    const client = signedIn(await addresses(local.pid));
    expect((await client.listWorlds()).worlds).toEqual([]);
    const second = run(process.execPath, ["packages/local/bin.mjs", "start"]);
    expect((await once(second, "exit"))[0]).toBe(1);
    const unknown = run(process.execPath, ["packages/local/bin.mjs", "start", "--frsh"]);
    expect((await once(unknown, "exit"))[0]).toBe(1);
  }, 60_000);
});

test("npm run demo runs every flow on a system of its own", async () => {
  const demo = run("npm", ["run", "demo"]);
  let output = "";
  demo.stdout!.on("data", (text) => {
    output += text;
  });

  expect((await once(demo, "exit"))[0]).toBe(0);

  expect(output).toContain("All portraits are on the CDN");
  expect(output.match(/200 image\/png/g)).toHaveLength(3);
  expect(output).toContain("The bot replied with a permanent URL: 200, the same bytes");
  expect(output).toMatch(/Uploaded (\d+) of \1 bytes straight to R2/);
  expect(output).toMatch(/image_portrait: 'http:\/\/127\.0\.0\.1:\d+\/portraits\//);
  expect(processesOf(home)).toEqual([]);
}, 60_000);

describe("a private file", () => {
  test("is read whole at any moment while it is rewritten", async () => {
    const file = join(home, "local.json");
    const texts = ["a", "b"].map((letter) => JSON.stringify(letter.repeat(1_000_000)));
    await writePrivateFile(file, texts[0]!);
    let isReading = true;
    const write = async () => {
      for (let times = 1; times <= 100 || isReading; times += 1)
        await writePrivateFile(file, texts[times % 2]!);
    };
    const read = async () => {
      for (let reads = 0; reads < 50; reads += 1)
        expect(JSON.parse(await readFile(file, "utf8"))).toHaveLength(1_000_000);
    };
    const readAll = async () => {
      await Promise.all([read(), read()]).finally(() => {
        isReading = false;
      });
    };

    await Promise.all([write(), readAll()]);

    expect(readdirSync(home)).toEqual(["local.json"]);
  });

  test("that others could read becomes private when it is rewritten", async () => {
    const file = join(home, "local.json");
    writeFileSync(file, "{}");
    chmodSync(file, 0o644);

    await writePrivateFile(file, "{}");

    expect(modeOf(file)).toBe(0o600);
  });
});

/** The paths below the folder, and the folder itself, that other accounts can read, write or enter. */
function readableByOthers() {
  return ["", ...readdirSync(home, { recursive: true })].map(String).filter((name) => {
    const info = lstatSync(join(home, name), { throwIfNoEntry: false }); // Postgres deletes some
    return info && !info.isSymbolicLink() && (info.mode & 0o077) !== 0;
  });
}

type RunOptions = {
  umask?: number;
  logLevel?: string;
  port?: string;
  env?: Record<string, string>;
};

function run(command: string, args: string[], options: RunOptions = {}) {
  const { logLevel = "SILENT", port = "0", env: own } = options;
  const { DATABASE_URL: _, R2_ENDPOINT: __, SQS_ENDPOINT: ___, ...env } = process.env;
  const umask = process.umask(options.umask ?? process.umask());
  const child = spawn(command, args, {
    cwd: root,
    env: { ...env, KEEPSAKE_HOME: home, PORT: port, LOG_LEVEL: logLevel, ...own },
    stdio: ["ignore", "pipe", "pipe"],
  });
  process.umask(umask);
  child.stdout.resume();
  child.stderr.resume();
  started.push(child);
  return child;
}

/** The content of local.json once the API of a system other than `oldPid`'s responds. */
async function addresses(oldPid?: number): Promise<Local> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(50)) {
    try {
      const local = JSON.parse(readFileSync(join(home, "local.json"), "utf8"));
      if (local.pid !== oldPid && (await fetch(`${local.api}/health`)).ok) return local;
    } catch {
      // not yet
    }
  }
  throw new Error("npm start did not come up in 30 s");
}

const modeOf = (file: string) => statSync(file).mode & 0o777;

async function settingsOf(page: Response): Promise<Settings> {
  return JSON.parse(/id="settings">(.*?)<\/script>/.exec(await page.text())![1]!);
}

/** The client of a backend with the running system's key. */
const signedIn = ({ api: baseUrl, service_key: serviceKey }: Local) =>
  createClient({ baseUrl, serviceKey, owner: "alice" });

async function terminate(child: ChildProcess) {
  child.kill("SIGTERM");
  await once(child, "exit");
  // npm may end shortly before the processes that it started
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(50))
    if (processesOf(home).length === 0) return;
}

/** Command lines and environments of the processes that name this test's folder, orphans included. */
function processesOf(folder: string) {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => `${read(pid, "cmdline")} ${read(pid, "environ")}`.replaceAll("\0", " "))
    .filter((line) => line.includes(folder));
}

function read(pid: string, file: string) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
