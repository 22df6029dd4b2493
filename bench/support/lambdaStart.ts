import { fork } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DeployedFunction } from "./lambdaBundles.ts";
import type { Sample } from "./measureInTurns.ts";

type ColdStart = { response: Response; sample: Sample };
type Response = { statusCode?: number; body?: string; batchItemFailures?: object[] };

/** Starts a function in a new process, has it handle one event, and resolves to what that took. */
export async function startOnce(
  directory: string,
  { file, cwd, env }: DeployedFunction,
  event: object,
): Promise<Sample> {
  const eventFile = join(directory, "event.json");
  await writeFile(eventFile, JSON.stringify(event));
  const script = fileURLToPath(new URL("../processes/coldStart.mjs", import.meta.url));
  const { PATH = "", NODE_EXTRA_CA_CERTS = "" } = process.env;
  const child = fork(script, [file, eventFile], {
    cwd,
    execArgv: [],
    env: { PATH, NODE_EXTRA_CA_CERTS, ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const { response, sample } = await new Promise<ColdStart>((resolve, reject) => {
    child.on("message", (message) => resolve(message as ColdStart));
    child.on("exit", (code) => reject(new Error(`${file} ended with ${code}`)));
  });
  const { statusCode = 200, body, batchItemFailures = [] } = response;
  if (statusCode >= 300 || batchItemFailures.length > 0)
    throw new Error(`${file}: ${statusCode} ${body} ${batchItemFailures.length}`);
  return sample;
}
