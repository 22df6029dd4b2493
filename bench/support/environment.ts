import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBackends } from "@keepsake/local/backends";
import { migrate } from "@keepsake/local/commands/migrate";
import { generate } from "selfsigned";
import { artifacts, type Deployed } from "./artifacts.ts";
import { databases } from "./databases.ts";
import { type Subject, subject } from "./measuredProcess.ts";

export type Lab = Awaited<ReturnType<typeof openLab>>;

/**
 * Everything that is measured against: an embedded Postgres, SQS and R2, a stand-in for R2 that costs
 * next to nothing, and the functions as they are deployed. All on loopback, in a temporary directory.
 */
export async function openLab({ brief }: { brief: boolean }) {
  const directory = await mkdtemp(join(tmpdir(), "keepsake-bench-"));
  const started: { stop(): Promise<unknown> }[] = [];
  const contenders: Subject[] = [];
  /** Ends the processes that a row has started. */
  const rest = async () => {
    for (const contender of contenders.splice(0)) await contender.stop();
  };
  const close = async () => {
    await rest();
    for (const part of started.toReversed()) await part.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const ports = { postgres: 0, r2: 0, cdn: 0, sqs: 0 };
    const parts = await startBackends({ directory, ports, webOrigins: [] });
    started.push(parts);
    await migrate(parts.databaseUrl);
    const pools = databases(parts.databaseUrl);
    started.push(pools);

    const certificate = await trustedCertificate(directory);
    const run: typeof subject = async (...options) => {
      const made: Subject = await subject(...options);
      contenders.push(made);
      return made;
    };
    const store = await subject("processes/objectStore.ts", {
      args: [JSON.stringify(certificate)],
    });
    started.push(store);
    const { url: storeUrl } = await store.ask<{ url: string }>("listen");

    return {
      /** How often each contender takes its turn: once when only a brief look is wanted. */
      rounds: (times: number) => (brief ? 1 : times),
      /** A deployed function that stays warm in a process of its own. */
      lambda: ({ file, cwd, env }: Deployed, execArgv: string[] = []) =>
        run("processes/lambda.ts", { args: [file], cwd, env, execArgv }),
      directory,
      parts,
      store,
      storeUrl,
      run,
      rest,
      close,
      ...pools,
      ...(await artifacts(directory)),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A certificate for loopback that the processes of this run trust, and nobody else ever does. */
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
