import { randomUUID } from "node:crypto";
import { type Client, createClient } from "@keepsake/client";
import { invoke } from "@keepsake/local/aws/lambda";
import type { Backends } from "@keepsake/local/backends";
import { type Stack, startStack } from "@keepsake/local/startStack";
import postgres, { type Sql } from "postgres";
import { test as base, inject } from "vitest";
import { type Issuer, startIssuer } from "./issuer.ts";
import { watchApi } from "./openapi/watchApi.ts";

/** Vitest's `test` with the whole system in this process, on a database and queues for this file alone. */
export const test = withStack({});

/** The same without queue consumers: tests pass messages with `deliver`. */
export const testWithoutConsumers = withStack({ consume: false });

function withStack(options: TestStackOptions) {
  return (
    base
      // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the pattern to learn what a fixture uses.
      .extend("stack", { scope: "file" }, async ({}, { onCleanup }) => {
        const stack = await testStack(options);
        onCleanup(() => stack.stop());
        return stack;
      })
      .extend("owner", ({ stack }) => newOwner(stack))
  );
}

/** A new owner for each test, so that the tests of a file do not affect each other. */
export type Owner = { sub: string; client: Client };

export function newOwner(stack: Pick<Stack, "client">, sub: string = randomUUID()): Owner {
  return { sub, client: stack.client(sub) };
}

/** `issuer` signs the tokens of callers, unless the stack was started with another issuer. */
export type TestStack = Stack & { sql: Sql; issuer: Issuer };

type TestStackOptions = Pick<
  Parameters<typeof startStack>[0],
  | "consume"
  | "telegram"
  | "discordOrigins"
  | "rehostHosts"
  | "ownerBytes"
  | "telegramReply"
  | "ai"
  | "auth"
  | "visibilitySeconds"
  | "webhook"
> & { backends?: Partial<Backends>; webOrigins?: string[] };

/** One for all stacks of a test file: its functions keep the links of the first. It ends with the process. */
let issuing: Promise<Issuer> | undefined;

/**
 * A stack on the test run's backends; `backends` replaces some of them. `stop` throws when a request or a
 * response was not as the OpenAPI document says.
 */
export async function testStack({
  backends: replaced,
  ...options
}: TestStackOptions): Promise<TestStack> {
  const backends = { ...inject("backends"), ...replaced };
  const url = await copyDatabase(backends.databaseUrl);

  issuing ??= startIssuer();
  const issuer = await issuing;
  const stack = await startStack({
    auth: issuer,
    backends: { ...backends, databaseUrl: replaced?.databaseUrl ? url : throughPooler(url) },
    port: 0,
    webOrigins: [inject("pages").allowed],
    visibilitySeconds: 1,
    sweepMinutes: 24 * 60, // on a busy machine a file takes minutes, and tests sweep when they say
    queuePrefix: `${new URL(url).pathname.slice(1)}-`,
    ...options,
  });
  const sql = postgres(url, { max: 2, onnotice() {} });
  const { discordOrigins = [] } = options;
  const watcher = watchApi({ ...stack, discordOrigins });
  return {
    ...stack,
    sql,
    issuer,
    /** The typed client, signed in as `sub`. */
    client: (sub) =>
      createClient({
        baseUrl: stack.api,
        streamUrl: stack.stream,
        token: () => issuer.sign(sub),
      }),
    async stop() {
      await stack.stop();
      await sql.end({ timeout: 2 });
      watcher.stop();
    },
  };
}

/** A database's URL by way of the pooler, when the run has one. */
export function throughPooler(url: string): string {
  const port = inject("poolerPort");
  return port === undefined ? url : Object.assign(new URL(url), { port }).href;
}

/** Copies a migrated database, the test run's unless another is named, and resolves to the URL of the copy. */
export async function copyDatabase(template = inject("backends").databaseUrl): Promise<string> {
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  const urlOf = (database: string) =>
    Object.assign(new URL(template), { pathname: `/${database}` }).href;
  const server = postgres(urlOf("postgres"), { max: 1, onnotice() {} });
  await server`create database ${server(name)} template ${server(new URL(template).pathname.slice(1))}`;
  await server.end();
  return urlOf(name);
}

/** Delivers messages to a consumer as its queue would, and resolves to the indexes of those that failed. */
export async function deliver(
  { functions }: Stack,
  queue: keyof Stack["functions"]["consumers"],
  messages: unknown[],
): Promise<number[]> {
  const Records = messages.map((message, index) => ({
    messageId: String(index),
    body: typeof message === "string" ? message : JSON.stringify(message),
  }));
  const result = await invoke(functions.consumers[queue], { Records });
  const { batchItemFailures } = result as { batchItemFailures: { itemIdentifier: string }[] };
  return batchItemFailures.map(({ itemIdentifier }) => Number(itemIdentifier));
}

/** Runs the sweep as the scheduler would, and resolves to its counts of portraits. */
export async function sweep({ functions }: Stack, event: object = {}) {
  const report = await invoke(functions.schedules.sweep, event);
  return (report as { portraits: { requeued: number; unsent: number; failed: number } }).portraits;
}

/** Sends an HTTP request, signed in as `sub` if given, and parses the JSON that it returns. */
export async function request(
  stack: Pick<TestStack, "api" | "issuer">,
  method: string,
  path: string,
  options: { sub?: string; body?: unknown; headers?: Record<string, string> } = {},
) {
  const { sub, body, headers } = options;
  const response = await fetch(stack.api + path, {
    method,
    headers: {
      ...(sub !== undefined && { authorization: `Bearer ${await stack.issuer.sign(sub)}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text && JSON.parse(text) };
}
