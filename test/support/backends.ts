import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openapi } from "@keepsake/contract/openapi/document";
import { type Backends, startBackends } from "@keepsake/local/backends";
import { migrate } from "@keepsake/local/commands/migrate";
import { buildStudio } from "@keepsake/studio/build";
import postgres from "postgres";
import type { TestProject } from "vitest/node";
import { startPgBouncer } from "./pgBouncer.ts";

declare module "vitest" {
  interface ProvidedContext {
    backends: Backends;
    /** Two origins of an empty page: one may call the API and upload files, the other may not. */
    pages: { allowed: string; stranger: string };
    /** The OpenAPI document: making it in every test file would take 0.1 s of each. */
    openapi: object;
    /** The folder of the Studio build. */
    studio: string;
    /** The port of the PgBouncer in front of Postgres, with `npm run conformance -- --pooler`. */
    poolerPort: number | undefined;
  }
}

/**
 * Starts one Postgres, R2 and SQS for the whole run; every test file gets its own database. Studio is built
 * once.
 */
export default async function setup(project: TestProject) {
  const directory = await mkdtemp(join(tmpdir(), "keepsake-test-"));
  const studio = join(directory, "studio");
  // tests that do not need Studio run even when its build fails
  const building = buildStudio(studio).catch(({ message }) => console.error(message));
  const page = await emptyPage();
  const pages = {
    allowed: `http://127.0.0.1:${page.port}`,
    stranger: `http://localhost:${page.port}`,
  };
  const ports = { postgres: 0, r2: 0, cdn: 0, sqs: 0 };
  const {
    stop,
    queuesStartEmpty: _,
    ...backends
  } = await startBackends({
    directory,
    ports,
    webOrigins: [pages.allowed],
    env: process.env,
  });
  await Promise.all([migrateTemplate(backends.databaseUrl), building]);
  project.provide("backends", backends);
  project.provide("pages", pages);
  project.provide("studio", studio);
  project.provide("openapi", openapi());
  const pooler = process.env.POOLER ? await startPgBouncer(backends.databaseUrl) : undefined;
  project.provide("poolerPort", pooler?.port);

  return async () => {
    page.stop();
    await pooler?.stop();
    await stop();
    await rm(directory, { recursive: true, force: true });
  };
}

/**
 * Migrates the database that every test copies, and lets no test connect to it itself: Postgres copies a database
 * only while it has no connection.
 */
async function migrateTemplate(url: string) {
  await migrate(url);
  const server = postgres(Object.assign(new URL(url), { pathname: "/postgres" }).href, { max: 1 });
  await server`
    alter database ${server(new URL(url).pathname.slice(1))} with allow_connections false
  `;
  await server.end();
}

async function emptyPage() {
  const server = createServer((_, response) => {
    response.setHeader("content-type", "text/html").end("<!doctype html><title>A page</title>");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
