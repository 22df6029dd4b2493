import { setTimeout as sleep } from "node:timers/promises";
import { KeepsakeError } from "@keepsake/client";
import { type RouteName, routes } from "@keepsake/contract/routes";
import {
  type EmbeddedTelegram,
  embeddedTelegram,
} from "@keepsake/local/embedded/telegram/embeddedTelegram";
import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { type Receiver, startReceiver } from "../support/eventReceiver.ts";
import { sweep, type TestStack, testStack } from "../support/stack.ts";
import { brokenEventInvariants } from "./support/eventInvariants.ts";
import { type Fault, faultInjector, faults } from "./support/faultInjector.ts";
import { type Exchange, faultyHttpProxy, faultyPostgresProxy } from "./support/faultyProxies.ts";
import { brokenRules, type R2Writes, recordR2Writes } from "./support/invariants.ts";
import { observedClients } from "./support/observedClients.ts";
import type { Operation } from "./support/operation.ts";
import { makePictures, type Pictures } from "./support/operationSetup.ts";
import { deliverQueued, finishPendingWork, passVisibility } from "./support/passTime.ts";
import { isFull, writeReport } from "./support/reliabilityDocument.ts";
import { operations } from "./support/writeOperations.ts";

/**
 * Proxies to Postgres, R2, SQS, Telegram and the receiver of events count the calls of every operation. Each operation runs once
 * to count its calls, and then once for every call and every kind of fault. A call that is added later is
 * counted and fails like any other.
 */
const injector = faultInjector();
const observed = observedClients();
const telegramToken = "8080:a_token_that_no_row_may_hold";
const results: { operation: string; calls: number; cases: number }[] = [];
const expectedSha256 = new Map<string, string>();

let stack: TestStack;
let sql: Sql;
let telegram: EmbeddedTelegram;
let receiver: Receiver;
let proxies: { stop(): Promise<void> }[];
let writes: R2Writes;
let pictures: Pictures;

beforeAll(async () => {
  const backends = inject("backends");
  writes = recordR2Writes(backends.r2);
  telegram = await embeddedTelegram({ port: 0, botToken: telegramToken, botName: "keepsake_bot" });
  receiver = await startReceiver();
  const { decide, startCall } = injector;
  const proxy = (system: string, target: string, onExchange?: (exchange: Exchange) => void) =>
    faultyHttpProxy(system, target, { decide, startCall, ...(onExchange && { onExchange }) });
  const [database, r2, sqs, bot, webhook] = await Promise.all([
    faultyPostgresProxy(backends.databaseUrl, { decide, startCall }),
    proxy("R2", backends.r2.endpoint, writes.onExchange),
    proxy("SQS", backends.sqsEndpoint),
    proxy("Telegram", telegram.api),
    proxy("the receiver", receiver.webhook.url),
  ]);
  proxies = [database, r2, sqs, bot, webhook];
  vi.useFakeTimers({ toFake: ["setInterval"] }); // a scheduled sweep would be counted as a call
  stack = await testStack({
    consume: false,
    backends: {
      databaseUrl: database.url,
      r2: { ...backends.r2, endpoint: r2.url },
      sqsEndpoint: sqs.url,
    },
    telegram: { ...telegram, api: bot.url },
    webhook: { ...receiver.webhook, url: webhook.url },
  });
  vi.useRealTimers();
  const [{ name }] = await stack.sql<[{ name: string }]>`select current_database() as name`;
  sql = postgres(Object.assign(new URL(backends.databaseUrl), { pathname: `/${name}` }).href, {
    max: 2,
    onnotice() {},
  });
  pictures = await makePictures();
});

afterAll(async () => {
  const cases = results.reduce((sum, result) => sum + result.cases, 0);
  const calls = results.reduce((sum, result) => sum + result.calls, 0);
  process.stdout.write(`crash: ${cases} cases at ${calls} calls of ${results.length} operations\n`);
  if (results.length === Object.keys(operations).length)
    writeReport("crash", [
      `${calls} calls of ${results.length} operations. Each call fails in these ways:`,
      "",
      ...Object.values(faults).map((fault) => `- ${fault}`),
      "",
      "| operation | calls | cases |",
      "|---|---:|---:|",
      ...results.map((result) => `| ${result.operation} | ${result.calls} | ${result.cases} |`),
      `| **all** | **${calls}** | **${cases}** |`,
    ]);
  await stack.stop();
  await sql.end();
  await Promise.all(proxies.map((proxy) => proxy.stop()));
  await telegram.stop();
  await receiver.stop();
});

test("every route that writes, every consumer and the sweep are covered", () => {
  const names = (Object.keys(routes) as RouteName[]).filter(
    // a page token is signed, and nothing is stored
    (name) => routes[name].method !== "GET" && name !== "createToken",
  );
  const covered = Object.keys(operations).map((operation) => operation.split(" ")[0]);
  expect(
    [
      ...names,
      "uploadPortraits",
      "rehostImages",
      "completeQueuedUploads",
      "exportDataset",
      "deliverEvents",
      "sweep",
    ].filter((name) => !covered.includes(name)),
  ).toEqual([]);
});

describe("when any of its calls fails or the process dies at it,", () => {
  test.for(Object.keys(operations))(
    "%s loses no data and leaves no orphans",
    {
      timeout: 300_000,
    },
    async (name) => {
      const operation = operations[name]!;
      const run = await prepare(operation, `${name} without a fault`);
      await useConnections();
      const baseline = await injector.runWith(run);
      if (baseline.outcome!.status === "rejected") throw baseline.outcome!.reason;
      await finishPendingWork(stack, sql);
      const calls = baseline.calls.length;
      expect(calls).toBeGreaterThan(0);

      const cases = selectCases(baseline.calls, operation);
      const violations: string[] = [];
      for (const group of inGroups(cases, operation.isGlobal ? 1 : 24)) {
        const prepared = await Promise.all(
          group.map(async (fault) => {
            const sub = `${name}, ${fault.kind} at ${fault.at} (${baseline.calls[fault.at]})`;
            return { fault, sub, run: await prepare(operation, sub) };
          }),
        );
        const succeeded: string[] = [];
        for (const { fault, sub, run } of prepared) {
          const { outcome, hasFailed } = await injector.runWith(run, fault);
          if (!hasFailed && !operation.isGlobal) violations.push(`${sub}: the call was not made`);
          if (outcome!.status === "fulfilled") succeeded.push(`user:${sub}`);
          else if (!operation.isAbandoned) violations.push(...(await retry(run, operation, sub)));
        }
        await sweep(stack);
        await deliverQueued(stack);
        for (const owner of await ownersOfPendingWork(succeeded))
          violations.push(`${owner}: the operation succeeded, but its work is not finished soon`);
      }
      await finishPendingWork(stack, sql);
      violations.push(...(await brokenRules(system())), ...observed.brokenUrls());
      violations.push(...(await brokenEventInvariants(sql, receiver)));
      if (!operation.deletes) violations.push(...(await observed.missingPieces(sql)));
      await deleteEverything();
      expect(violations).toEqual([]);
      results.push({ operation: name, calls, cases: cases.length });
    },
  );
});

const system = () => ({
  sql,
  cdn: stack.cdn,
  r2: inject("backends").r2,
  writes,
  secrets: [telegramToken.split(":")[1]!, inject("backends").r2.secretAccessKey],
  expected: expectedSha256,
});

/** A connection that was idle for a while is asked whether it still answers: a call that the cases do not repeat. */
const useConnections = () => observed.client(stack, "idle").listWorlds();

function prepare(operation: Operation, sub: string) {
  const client = observed.client(stack, sub);
  return operation.prepare({ client, sub, stack, sql, telegram, pictures, expectedSha256 });
}

/**
 * Every case with FAULTS=all. By default one in a few of the cases at Postgres, most of which are alike
 * because of a transaction, and of operations with more than 100 cases. The step is odd, so that every
 * kind of fault occurs. Of callers that never come back, every case: no retry fixes what is left.
 */
function selectCases(calls: string[], { isAbandoned, isLarge }: Operation): Fault[] {
  const kinds = Object.keys(faults) as Fault["kind"][];
  const cases = calls.flatMap((_, at) => kinds.map((kind) => ({ kind, at })));
  if (isFull || isAbandoned) return cases;
  if (isLarge)
    return cases
      .filter(({ at }) => calls[at]!.startsWith("R2"))
      .filter((_, index) => index % 6 === 1);
  const isAlike = ({ at }: Fault) => cases.length > 100 || calls[at]!.startsWith("Postgres");
  const step = cases.length > 100 ? 11 : 5;
  // counted among those alone, because calls that run at once are counted in any order
  const alike = cases.filter(isAlike).filter((_, index) => (index + results.length) % step === 0);
  return cases.filter((fault) => !isAlike(fault) || alike.includes(fault));
}

/** Retries as a caller, a queue or Telegram would. Resolves to a violation when four retries fail. */
async function retry(run: () => Promise<unknown>, { doneCodes = [] }: Operation, sub: string) {
  let lastError: unknown;
  for (let attempt = 0; attempt < 4; attempt += 1) {
    try {
      await run();
      return [];
    } catch (error) {
      if (error instanceof KeepsakeError && doneCodes.includes(error.code)) return [];
      lastError = error;
      await sleep(20);
      await passVisibility(sql);
    }
  }
  return [`${sub}: retries end with ${lastError}`];
}

/** Those of the owners who have pending portraits or re-hosted images. */
async function ownersOfPendingWork(owners: string[]) {
  const rows = await sql<{ owner_id: string }[]>`
    select w.owner_id from lore_pieces p join worlds w using (world_id)
    where p.portrait_status = 'pending' and w.owner_id in ${sql(["", ...owners])}
    union
    select owner_id from images
    where status = 'pending' and platform <> 'web' and owner_id in ${sql(["", ...owners])}
  `;
  return rows.map(({ owner_id }) => owner_id);
}

/** The next operation starts without the rows and objects of this one. */
async function deleteEverything() {
  await sql`truncate worlds, images, datasets, exports, requests, erasures, events, telegram_accounts, telegram_links cascade`;
  receiver.reset();
  observed.forgetPieces();
  writes.images.clear();
  writes.incoming.clear();
  writes.privateImages.clear();
  writes.zips.clear();
}

function inGroups<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, index * size + size),
  );
}
