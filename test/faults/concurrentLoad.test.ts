import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@keepsake/client";
import type { PieceDraft } from "@keepsake/contract/schemas";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestStack, testStack } from "../support/stack.ts";
import { sha256Of } from "../support/uploadRequests.ts";
import { writeReport } from "./support/reliabilityDocument.ts";

const worlds = 200;
const portraits = 5;
/** Concurrent requests of some 200 KB each, as many as browsers and a gateway let through. */
const clients = 40;
const maxMemoryMb = 700;

let stack: TestStack;
beforeAll(async () => {
  stack = await testStack({});
});
afterAll(() => stack.stop());

test(`all portraits of ${worlds} worlds of ${portraits} created at once are published, and the API responds all the time`, {
  timeout: 120_000,
}, async () => {
  const pieces = await characters(stack.client("portraitGenerator"));
  const memory = watchMemory();
  const requests = watchRequests(stack, "reader", await firstWorld("reader", pieces));

  const ids = await runConcurrently(clients, worlds, async (index) => {
    const { world } = await stack.client(`owner ${index % 10}`).createWorld({
      theme: "norse",
      title: `No. ${index}`,
      pieces,
    });
    return world.world_id;
  });
  await untilPublished();
  const peakMb = memory.stop();
  const { count, slowestMs } = await requests.stop();

  const rows = await stack.sql<{ status: string; name: string; url: string; left: boolean }[]>`
    select portrait_status as status, name, details ->> 'image_portrait' as url,
           details ? 'image_portrait_base64' as left
    from lore_pieces where world_id in ${stack.sql(ids)}
  `;
  expect(rows).toHaveLength(worlds * portraits);
  expect(rows.filter(({ status, left }) => status !== "published" || left)).toEqual([]);
  const expected = new Map(pieces.map(({ name, details }) => [name, details.sha256]));
  const wrong = await runConcurrently(16, rows.length, async (index) => {
    const { url, name } = rows[index]!;
    const response = await fetch(url);
    const sha256 = sha256Of(Buffer.from(await response.arrayBuffer()));
    return response.status === 200 && sha256 === expected.get(name) ? [] : [url];
  });
  expect(wrong.flat()).toEqual([]);
  expect(count).toBeGreaterThan(10);
  expect(peakMb).toBeLessThan(maxMemoryMb);

  process.stdout.write(
    `load: ${worlds * portraits} portraits, peak RSS ${peakMb} MB, ${count} responses meanwhile, the slowest after ${slowestMs} ms\n`,
  );
  writeReport("load", [
    `${worlds} worlds of ${portraits} portraits of 512 × 512 px were created by ${clients} concurrent clients, in one process`,
    `on two cores. All ${worlds * portraits} were published with the right bytes, the API responded to \`getWorld\` and`,
    `\`health\` all the time, and the process stayed below ${maxMemoryMb} MB.`,
  ]);
});

/** Generated once: the load to test comes after generation. */
async function characters(client: Client): Promise<PieceDraft[]> {
  const { characters: drafts } = await client.generateCharacters({
    theme: "norse",
    count: portraits,
    seed: "load",
  });
  return drafts.map((piece, index) => {
    const { image_portrait_base64: base64 } = piece.details;
    const sha256 = sha256Of(Buffer.from(String(base64), "base64"));
    return { ...piece, name: `No. ${index}`, details: { image_portrait_base64: base64, sha256 } };
  });
}

async function firstWorld(sub: string, pieces: PieceDraft[]) {
  return (await stack.client(sub).createWorld({ theme: "norse", pieces })).world.world_id;
}

/** Requests health and a world ten times a second; every request must succeed. */
function watchRequests({ client, api }: TestStack, sub: string, world_id: string) {
  const reader = client(sub);
  let count = 0;
  let slowestMs = 0;
  let isStopped = false;
  const loop = (async () => {
    while (!isStopped) {
      const started = performance.now();
      const [health] = await Promise.all([fetch(`${api}/health`), reader.getWorld({ world_id })]);
      expect(health.status).toBe(200);
      count += 2;
      slowestMs = Math.max(slowestMs, Math.round(performance.now() - started));
      await sleep(100);
    }
  })();
  loop.catch(() => {}); // stop() throws it
  return {
    async stop() {
      isStopped = true;
      await loop;
      return { count, slowestMs };
    },
  };
}

function watchMemory() {
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 50);
  return {
    stop() {
      clearInterval(timer);
      return Math.round(peak / 1e6);
    },
  };
}

async function untilPublished() {
  for (const deadline = Date.now() + 90_000; Date.now() < deadline; await sleep(200)) {
    const [row] = await stack.sql`
      select exists (select 1 from lore_pieces where portrait_status = 'pending') as pending
    `;
    if (!row!.pending) return;
  }
  throw new Error("Portraits are still pending after 90 s");
}

/** Runs `count` pieces of work, `limit` at a time. */
async function runConcurrently<T>(
  limit: number,
  count: number,
  work: (index: number) => Promise<T>,
) {
  const results: T[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: limit }, async () => {
      while (next < count) {
        const index = next++;
        results[index] = await work(index);
      }
    }),
  );
  return results;
}
