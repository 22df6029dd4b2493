import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packPackages } from "@keepsake/release/packPackages";
import type { TestProject } from "vitest/node";
import { type NpmStart, startSystem } from "../../support/npmStart.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The packed packages, by name. */
    tarballs: Record<string, string>;
    /** What `npm start` wrote to local.json. */
    keepsake: Omit<NpmStart, "stop">;
  }
}

/** Once for all examples: packs the packages and runs `npm start`, with nothing set, as a user has it. */
export default async function setup(project: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), "keepsake-packed-"));
  const starting = startSystem();
  const stop = async () => {
    await starting.then((system) => system.stop()).catch(() => {});
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const [packed, { stop: _, ...keepsake }] = await Promise.all([packPackages(folder), starting]);
    const tarballs = Object.fromEntries(packed.map(({ name, tarball }) => [name, tarball]));
    project.provide("tarballs", tarballs);
    project.provide("keepsake", keepsake);
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}
