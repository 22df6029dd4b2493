import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Debian installs it outside the PATH of ordinary users. */
export const pathOfPgBouncer = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;

/**
 * Starts a PgBouncer in transaction mode on loopback, in front of every database of a server. Resolves to
 * its port.
 */
export async function startPgBouncer(databaseUrl: string) {
  const { hostname, port: serverPort, username, password } = new URL(databaseUrl);
  const port = await freePort();
  const directory = await mkdtemp(join(tmpdir(), "keepsake-pgbouncer-"));
  await chmod(directory, 0o755);
  const settings = {
    listen_addr: "127.0.0.1",
    listen_port: port,
    unix_socket_dir: "",
    auth_type: "trust",
    auth_file: join(directory, "users.txt"),
    pool_mode: "transaction",
    ignore_startup_parameters: "extra_float_digits", // dbmate sends it
    max_client_conn: 1_000,
    default_pool_size: 5,
    server_idle_timeout: 2, // each test file has a database, and so a pool, of its own
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  const databases = `[databases]\n* = host=${hostname} port=${serverPort}\n`;
  await writeFile(
    join(directory, "users.txt"),
    `"${decodeURIComponent(username)}" "${decodeURIComponent(password)}"\n`,
  );
  await writeFile(
    join(directory, "pgbouncer.ini"),
    `${databases}[pgbouncer]\n${lines.join("\n")}\n`,
  );

  const isRoot = process.getuid?.() === 0; // which PgBouncer refuses to run as
  const server = spawn("pgbouncer", ["-q", join(directory, "pgbouncer.ini")], {
    env: { ...process.env, PATH: pathOfPgBouncer },
    stdio: ["ignore", "ignore", "inherit"],
    ...(isRoot && { uid: 65_534, gid: 65_534 }),
  });
  await untilListening(port, server);
  return {
    port,
    async stop() {
      const exited = server.exitCode === null ? once(server, "exit") : undefined;
      server.kill("SIGTERM");
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function untilListening(port: number, server: { exitCode: number | null }) {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(50)) {
    if (server.exitCode !== null) throw new Error(`PgBouncer ended with ${server.exitCode}`);
    const socket = connect(port, "127.0.0.1");
    const isListening = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isListening) return;
  }
  throw new Error("PgBouncer does not listen after 10 s");
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
