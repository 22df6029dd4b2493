import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type NpmStart, startSystem } from "../../support/npmStart.ts";
import { pictureBot } from "../pictureBot/bot.ts";
import { testPicture } from "../testPicture.ts";

const root = resolve(import.meta.dirname, "../../..");

let keepsake: NpmStart;
let port: number;
let receiver: ChildProcess;
let output = "";

beforeAll(async () => {
  port = await freePort();
  keepsake = await startSystem({ env: { WEBHOOK_URL: `http://127.0.0.1:${port}/` } });
  receiver = spawn(process.execPath, [join(root, "examples/webhook-receiver/receiver.mjs")], {
    env: { ...process.env, WEBHOOK_SECRET: secret(), PORT: String(port) },
  });
  for (const stream of [receiver.stdout!, receiver.stderr!])
    stream.on("data", (text) => {
      output += text;
    });
  await until(/listening/);
}, 90_000);
afterAll(async () => {
  receiver?.kill();
  await keepsake?.stop();
});

const secret = (): string =>
  JSON.parse(readFileSync(join(keepsake.home, "local.json"), "utf8")).webhook_secret;

describe("the example of a receiver, with npm start and a WEBHOOK_URL", () => {
  test("accepts what npm run webhook -- test sends", async () => {
    const { code, printed } = await webhookTest();
    expect([code, printed]).toEqual([
      0,
      expect.stringMatching(
        new RegExp(`^127.0.0.1:${port} accepted the event [\\w-]{36}, of the type "test"\n$`),
      ),
    ]);
  }, 60_000);

  test("prints the URL of an image and of a portrait, soon after each is published", async () => {
    const bot = pictureBot(keepsake);
    const image = await bot.keep("Zoë", testPicture(), "a.png");
    await until(new RegExp(`^Zoë has ${image.url}$`, "m"));
    const world = await bot.draw("Zoë", "norse");
    for (const { name, details } of world.pieces)
      await until(new RegExp(`^${name} looks like ${details.image_portrait}$`, "m"));
  }, 60_000);

  test("rejects a request that is not signed with the secret of the system", async () => {
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      method: "POST",
      headers: {
        "webhook-id": "1",
        "webhook-timestamp": String(Math.floor(Date.now() / 1_000)),
        "webhook-signature": "v1,AAAA",
      },
      body: '{"type":"image.published"}',
    });
    expect(response.status).toBe(401);
  });

  test("says what to do when it is stopped", async () => {
    receiver.kill();
    await once(receiver, "exit");
    const { code, printed } = await webhookTest();
    expect(code).toBe(1);
    expect(printed).toMatch(/did not accept the event .*ECONNREFUSED: check WEBHOOK_URL and that/);
  }, 60_000);
});

function webhookTest() {
  const args = [join(root, "packages/ops/bin.mjs"), "webhook", "test"];
  const env = { ...process.env, KEEPSAKE_HOME: keepsake.home };
  return new Promise<{ code: number; printed: string }>((done) => {
    execFile(process.execPath, args, { env }, (error, stdout, stderr) =>
      done({ code: error ? Number(error.code) : 0, printed: stdout + stderr }),
    );
  });
}

async function until(pattern: RegExp) {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(50))
    if (pattern.test(output)) return;
  expect(output).toMatch(pattern);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: free } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return free;
}
