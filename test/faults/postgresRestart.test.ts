import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { migrate } from "@keepsake/local/commands/migrate";
import { embeddedPostgres } from "@keepsake/local/embedded/postgres/embeddedPostgres";
import { expect, inject, test } from "vitest";
import { character } from "../support/pieceDrafts.ts";
import { sweep, testStack } from "../support/stack.ts";
import { makeStale } from "../support/stalePortraits.ts";

test("after a restart of Postgres every acknowledged world exists and its portraits are published", async () => {
  const home = await mkdtemp(join(tmpdir(), "keepsake-restart-"));
  const directory = join(home, "postgres");
  const first = await embeddedPostgres({ directory, port: 0 });
  await migrate(first.url);
  const stack = await testStack({ backends: { ...inject("backends"), databaseUrl: first.url } });
  const client = stack.client("patient");
  const create = async (title: string) =>
    client.createWorld({ theme: "norse", title, pieces: [await character(title)] });
  const acknowledged = await Promise.all(["one", "two", "three"].map(create));

  await first.stop();
  const during = await create("four").catch(({ code }) => code);
  const second = await embeddedPostgres({ directory, port: Number(new URL(first.url).port) });
  await until(() => client.health().then(() => true));
  acknowledged.push(await create("five"));
  await makeStale(stack);
  // a connection that Postgres closed may fail one more query; the next minute's sweep does not
  await until(() => sweep(stack).then(() => true));

  expect(during).toBe("service.unavailable");
  for (const { world } of acknowledged) {
    const { pieces } = await client.waitForPortraits(world.world_id);
    expect(pieces.map(({ portrait_status }) => portrait_status)).toEqual(["published"]);
  }
  expect((await client.listWorlds()).worlds).toHaveLength(acknowledged.length);
  await stack.stop();
  await second.stop();
  await rm(home, { recursive: true, force: true });
}, 60_000);

async function until(condition: () => Promise<boolean>) {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(100))
    if (await condition().catch(() => false)) return;
  throw new Error("The condition did not become true in 15 s");
}
