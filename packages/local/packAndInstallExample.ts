import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import type { Local } from "./localJson.ts";

const root = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

export const examplesFolder = join(root, "examples");

/** What an example reads. In production your deployment sets the same variables. */
export const exampleEnvironment = (
  local: Pick<
    Local,
    "api" | "service_key" | "image_hosts" | "telegram" | "telegram_bots" | "webhook_secret"
  >,
): Record<string, string> => ({
  KEEPSAKE_API_URL: local.api,
  KEEPSAKE_SERVICE_KEY: local.service_key,
  GENERATOR_URL: `${local.image_hosts}/fresh`,
  TELEGRAM_API_URL: local.telegram,
  TELEGRAM_BOT_TOKEN: local.telegram_bots?.my_bot ?? "",
  WEBHOOK_SECRET: local.webhook_secret ?? "",
});

/** Runs `npm run pack` and resolves to the tarball of each package that it made, by the package's name. */
export async function packIntoDist(): Promise<Record<string, string>> {
  await run("npm", ["run", "pack"], { cwd: root, maxBuffer: 64e6 }).catch(reportOutput);
  const tarballs: Record<string, string> = {};
  for (const folder of await readdir(join(root, "packages"))) {
    const { name, version, private: isPrivate } = await manifestOf(join(root, "packages", folder));
    if (!name || isPrivate) continue;
    tarballs[name] = join(root, "dist", `${name.slice(1).replace("/", "-")}-${version}.tgz`);
  }
  return tarballs;
}

/** Installs what the project in this folder depends on, with tarballs in place of the registry's `@keepsake` packages. */
export async function installProject(folder: string, tarballs: Record<string, string>) {
  const { dependencies } = await manifestOf(folder);
  if (!dependencies) return;
  const files = Object.keys(dependencies).flatMap((name) => tarballs[name] ?? []);
  const options = ["--no-save", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  await run("npm", ["install", ...options, ...files], { cwd: folder }).catch(reportOutput);
}

type Manifest = {
  name?: string;
  version?: string;
  private?: boolean;
  dependencies?: Record<string, string>;
};

/** Empty for a folder without a package.json, such as the Python example, which depends on nothing. */
async function manifestOf(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, "package.json"), "utf8").catch(() => "{}"));
}

function reportOutput({ cmd, stdout, stderr }: { cmd: string; stdout: string; stderr: string }) {
  throw new Error(`${cmd} failed:\n${stdout}${stderr}`);
}
