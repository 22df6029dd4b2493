import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@keepsake/client/client";
import type { PieceDraft } from "@keepsake/contract/schemas";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sha256Of } from "../support/files.ts";
import { type TestStack, testStack } from "../support/stack.ts";
import { report } from "./support/report.ts";

const worlds = 200;
const portraits = 5;
/** At once, as browsers and a gateway let through; each holds a request of some 200 KB. */
const clients = 40;
const mostMemoryMb = 700;

let stack: TestStack;
beforeAll(async () => {
  stack = await testStack({});
});
afterAll(() => stack.stop());

test(`${worlds} worlds of ${portraits} portraits at once are all published, and the API answers all along`, {
  timeout: 120_000,
}, async () => {
  const pieces = await cast(stack.client("portraitGenerator"));
  const memory = watchMemory();
  const answers = watchAnswers(stack, "reader", await firstWorld("reader", pieces));

  const ids = await sideBySide(clients, worlds, async (index) => {
    const { world } = await stack.client(`owner ${index % 10}`).createWorld({
      theme: "norse",
      title: `No. ${index}`,
      pieces,
    });
    return world.world_id;
  });
  await allSettled();
  const peakMb = memory.stop();
  const { asked, slowestMs } = await answers.stop();

  const rows = await stack.sql<{ status: string; name: string; url: string; left: boolean }[]>`
    select portrait_status as status, name, details ->> 'image_portrait' as url,
           details ? 'image_portrait_base64' as left
    from lore_pieces where world_id in ${stack.sql(ids)}
  `;
  expect(rows).toHaveLength(worlds * portraits);
  expect(rows.filter(({ status, left }) => status !== "published" || left)).toEqual([]);
  const expected = new Map(pieces.map(({ name, details }) => [name, details.sha256]));
  const wrong = await sideBySide(16, rows.length, async (index) => {
    const { url, name } = rows[index]!;
    const response = await fetch(url);
    const sha256 = sha256Of(Buffer.from(await response.arrayBuffer()));
    return response.status === 200 && sha256 === expected.get(name) ? [] : [url];
  });
  expect(wrong.flat()).toEqual([]);
  expect(asked).toBeGreaterThan(10);
  expect(peakMb).toBeLessThan(mostMemoryMb);

  process.stdout.write(
    `load: ${worlds * portraits} portraits, peak RSS ${peakMb} MB, ${asked} answers meanwhile, the slowest after ${slowestMs} ms\n`,
  );
  report("load", [
    `${worlds} worlds of ${portraits} portraits of 512 × 512 px were created by ${clients} clients at once, in one process`,
    `on two cores. All ${worlds * portraits} were published with the right bytes, the API answered \`getWorld\` and`,
    `\`health\` all along, and the process stayed below ${mostMemoryMb} MB.`,
  ]);
});

/** Painted once: what costs is what happens to them afterwards. */
async function cast(client: Client): Promise<PieceDraft[]> {
  const { characters } = await client.generateCharacters({
    theme: "norse",
    count: portraits,
    seed: "load",
  });
  return characters.map((piece, index) => {
    const { image_portrait_base64: base64 } = piece.details;
    const sha256 = sha256Of(Buffer.from(String(base64), "base64"));
    return { ...piece, name: `No. ${index}`, details: { image_portrait_base64: base64, sha256 } };
  });
}

async function firstWorld(sub: string, pieces: PieceDraft[]) {
  return (await stack.client(sub).createWorld({ theme: "norse", pieces })).world.world_id;
}

/** Asks for health and a world ten times a second; every answer must come. */
function watchAnswers({ client, api }: TestStack, sub: string, world_id: string) {
  const reader = client(sub);
  let asked = 0;
  let slowestMs = 0;
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      const started = performance.now();
      const [health] = await Promise.all([fetch(`${api}/health`), reader.getWorld({ world_id })]);
      expect(health.status).toBe(200);
      asked += 2;
      slowestMs = Math.max(slowestMs, Math.round(performance.now() - started));
      await sleep(100);
    }
  })();
  asking.catch(() => {}); // told by stop
  return {
    async stop() {
      isOver = true;
      await asking;
      return { asked, slowestMs };
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

async function allSettled() {
  for (const deadline = Date.now() + 90_000; Date.now() < deadline; await sleep(200)) {
    const [row] = await stack.sql`
      select exists (select 1 from lore_pieces where portrait_status = 'pending') as pending
    `;
    if (!row!.pending) return;
  }
  throw new Error("Portraits are still pending after 90 s");
}

/** Runs `count` pieces of work, `width` at a time. */
async function sideBySide<T>(width: number, count: number, work: (index: number) => Promise<T>) {
  const results: T[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < count) {
        const index = next++;
        results[index] = await work(index);
      }
    }),
  );
  return results;
}
