import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBackends } from "@keepsake/local/backends";
import { migrate } from "@keepsake/local/commands/migrate";
import { generate } from "selfsigned";
import { databases } from "./createDatabase.ts";
import { forkProcess, type MeasuredProcess } from "./forkProcess.ts";
import { artifacts, type DeployedFunction } from "./lambdaBundles.ts";

export type Environment = Awaited<ReturnType<typeof startEnvironment>>;

/**
 * Everything that a measurement needs: an embedded Postgres, SQS and R2, a stand-in for R2 that takes
 * next to no CPU, and the functions as they are deployed. All on loopback, in a temporary directory.
 */
export async function startEnvironment({ brief }: { brief: boolean }) {
  const directory = await mkdtemp(join(tmpdir(), "keepsake-bench-"));
  const started: { stop(): Promise<unknown> }[] = [];
  const processes: MeasuredProcess[] = [];
  /** Ends the processes that a row has started. */
  const stopProcesses = async () => {
    for (const child of processes.splice(0)) await child.stop();
  };
  const close = async () => {
    await stopProcesses();
    for (const backend of started.toReversed()) await backend.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const ports = { postgres: 0, r2: 0, cdn: 0, sqs: 0 };
    const backends = await startBackends({ directory, ports, webOrigins: [] });
    started.push(backends);
    await migrate(backends.databaseUrl);
    const pools = databases(backends.databaseUrl);
    started.push(pools);

    const certificate = await trustedCertificate(directory);
    const startProcess: typeof forkProcess = async (...options) => {
      const child: MeasuredProcess = await forkProcess(...options);
      processes.push(child);
      return child;
    };
    const store = await forkProcess("processes/objectStore.ts", {
      args: [JSON.stringify(certificate)],
    });
    started.push(store);
    const { url: storeUrl } = await store.call<{ url: string }>("listen");

    return {
      /** Whether this run only shows that every row can be measured: rows then take few and small images. */
      isBrief: brief,
      /** How often each contender is measured in a run: once with `--brief`. */
      rounds: (times: number) => (brief ? 1 : times),
      /** A deployed function that stays warm in a process of its own. */
      startLambda: ({ file, cwd, env }: DeployedFunction, execArgv: string[] = []) =>
        startProcess("processes/warmLambda.ts", { args: [file], cwd, env, execArgv }),
      directory,
      backends,
      store,
      storeUrl,
      startProcess,
      stopProcesses,
      close,
      ...pools,
      ...(await artifacts(directory)),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A certificate for loopback that only the processes of this run trust. */
async function trustedCertificate(directory: string) {
  const { private: key, cert } = await generate([{ name: "commonName", value: "127.0.0.1" }], {
    keyType: "ec",
    extensions: [
      { name: "basicConstraints", cA: true },
      { name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] },
    ],
  });
  const file = join(directory, "certificate.pem");
  await writeFile(file, cert);
  process.env.NODE_EXTRA_CA_CERTS = file;
  return { key, cert };
}
