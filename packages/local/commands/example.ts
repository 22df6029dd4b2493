import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { runningLocal } from "../localJson.ts";
import {
  exampleEnvironment,
  examplesFolder,
  installProject,
  packIntoDist,
} from "../packAndInstallExample.ts";

/**
 * `npm run example NAME`: installs an example with the packages of this repository, packed as for npm, and runs
 * it against the system that runs in this folder.
 */
export async function main([name = "", ...args]: string[]) {
  const names = readdirSync(examplesFolder);
  if (!names.includes(name)) throw new Error(`Name one of the examples: ${names.join(", ")}`);
  const local = await runningLocal();
  if (!local) throw new Error("Start Keepsake first, in another terminal: npm start");

  const folder = join(examplesFolder, name);
  if (existsSync(join(folder, "package.json"))) {
    console.log(`Installing examples/${name}`);
    await installProject(folder, await packIntoDist());
  }
  const [command, ...start] = startCommand(folder);
  const example = spawn(command, [...start, ...args], {
    cwd: folder,
    env: { ...process.env, ...exampleEnvironment(local) },
    stdio: "inherit",
  });
  process.on("SIGINT", () => {}); // Ctrl+C reaches the example too, which ends first
  for (const signal of ["SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => example.kill(signal));
  const [code] = await once(example, "exit");
  process.exitCode = code ?? 1;
}

/** How an example is started; arguments follow. */
export function startCommand(folder: string): [string, ...string[]] {
  const isNode = existsSync(join(folder, "package.json"));
  return isNode ? ["npm", "start", "--silent", "--"] : ["python3", "main.py"];
}
