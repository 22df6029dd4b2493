import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startCommand } from "@keepsake/local/commands/example";
import {
  exampleEnvironment,
  examplesFolder,
  installProject,
} from "@keepsake/local/packAndInstallExample";
import { inject } from "vitest";

export type Example = Awaited<ReturnType<typeof installExample>>;

/**
 * Copies an example to a folder outside the repository and installs it there, with the packed tarballs. A test
 * of a new example is a file `test/examples/NAME.test.ts` that calls this in `beforeAll`, with 120 s, and
 * `example.remove` in `afterAll`. `npm start` runs already, for all examples: `inject("keepsake")` has its URLs.
 */
export async function installExample(name: string) {
  const parent = await mkdtemp(join(tmpdir(), "keepsake-example-"));
  const folder = join(parent, name);
  const isSource = (path: string) => !/\/(node_modules|dist|\.next)$/.test(path);
  await cp(join(examplesFolder, name), folder, { recursive: true, filter: isSource });
  const owner = `alice-${name}`;
  await replaceInFiles(folder, '"alice"', `"${owner}"`); // other examples run at the same time
  await installProject(folder, inject("tarballs"));
  const running = new Set<ChildProcess>();

  return {
    folder,
    /** The owner of the example's pictures. */
    owner,
    /** Runs the example's command, or another one in its folder, and resolves to what it printed and its exit code. */
    async run(command: readonly string[] = startCommand(folder), env: Variables = {}) {
      const started = start(command, env);
      const [code] = await once(started.child, "close");
      return { code: code as number | null, output: started.output() };
    },
    /** Starts the example's command, or another one, and resolves once a page answers at its `PORT`. */
    async serve(command: readonly string[] = startCommand(folder), env: Variables = {}) {
      const port = await freePort();
      const started = start(command, { PORT: String(port), ...env });
      const origin = `http://localhost:${port}`;
      await answers(origin, started);
      return { origin, output: started.output, stop: () => end(started.child) };
    },
    /** Starts the example's command, for a program that runs until it is stopped: wait for something in its output. */
    start,
    /** The package.json of a package as it is installed. */
    manifestOf: async (name: string) =>
      JSON.parse(await readFile(join(folder, "node_modules", name, "package.json"), "utf8")),
    async remove() {
      await Promise.all([...running].map(end));
      await rm(parent, { recursive: true, force: true });
    },
  };

  function start(
    [file = "", ...args]: readonly string[] = startCommand(folder),
    env: Variables = {},
  ) {
    const child = spawn(file, args, {
      cwd: folder,
      env: { ...userEnvironment(), ...exampleEnvironment(inject("keepsake")), ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true, // a group of its own, so that the processes that it starts end with it
    });
    running.add(child);
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (text) => {
        output += text;
      });
    return { child, output: () => output };
  }

  async function end(child: ChildProcess) {
    running.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, "close");
    process.kill(-child.pid!, "SIGKILL");
    await closed;
  }
}

type Variables = Record<string, string>;

async function replaceInFiles(folder: string, text: string, replacement: string) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const { parentPath, name } of entries.filter((entry) => entry.isFile())) {
    const path = join(parentPath, name);
    const content = await readFile(path, "utf8");
    if (content.includes(text)) await writeFile(path, content.replaceAll(text, replacement));
  }
}

/** Without what npm and Vitest set, which changes what bundlers do. */
const userEnvironment = () =>
  Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(NODE_ENV|NODE_OPTIONS|VITEST.*|TEST|DEV|PROD|MODE|SSR|BASE_URL|npm_package_.*|npm_lifecycle_.*|INIT_CWD)$/.test(
          name,
        ),
    ),
  );

async function answers(
  origin: string,
  { child, output }: { child: ChildProcess; output(): string },
) {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(50)) {
    if (child.exitCode !== null) throw new Error(`The example ended:\n${output()}`);
    if (
      await fetch(origin).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
  }
  throw new Error(`The example took more than 60 s:\n${output()}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}
