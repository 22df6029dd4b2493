import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { promisify } from "node:util";

/**
 * Builds the page into a folder, with the placeholder for settings left in. Vite runs in a process of its
 * own: in this one it would leave 100 MB and a `NODE_ENV` behind, and follow the `NODE_ENV` that is set.
 */
export async function buildStudio(outDir: string) {
  const { VITE_SETTINGS: _, ...env } = process.env;
  const args = ["build", import.meta.dirname, "--outDir", outDir, "--logLevel", "error"];
  await promisify(execFile)(process.execPath, [vite, ...args], {
    env: { ...env, NODE_ENV: "production" },
  });
}

const packageFile = createRequire(import.meta.url).resolve("vite/package.json");
const vite = `${dirname(packageFile)}/bin/vite.js`;
