import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate } from "@keepsake/local/migrate";
import { type Parts, startParts } from "@keepsake/local/parts";
import type { TestProject } from "vitest/node";

export const webOrigins = ["https://studio.example"];

declare module "vitest" {
  interface ProvidedContext {
    parts: Parts;
  }
}

/** One embedded Postgres, R2 and SQS for the whole run; every test file gets its own database on it. */
export default async function setup(project: TestProject) {
  const directory = await mkdtemp(join(tmpdir(), "keepsake-test-"));
  const ports = { postgres: 0, r2: 0, cdn: 0, sqs: 0 };
  const {
    stop,
    queuesForget: _,
    ...parts
  } = await startParts({
    directory,
    ports,
    webOrigins,
    env: process.env,
  });
  await migrate(parts.databaseUrl);
  project.provide("parts", parts);

  return async () => {
    await stop();
    await rm(directory, { recursive: true, force: true });
  };
}
