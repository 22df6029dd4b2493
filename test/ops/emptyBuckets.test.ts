import { spawn } from "node:child_process";
import * as fs from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { s3Client } from "@keepsake/adapters/cloud/r2";
import { embeddedR2 } from "@keepsake/local/embedded/r2/embeddedR2";
import { newR2Keys, r2KeyPairs } from "@keepsake/local/r2Keys";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

const buckets = ["images", "incoming", "private"] as const;
const bin = path.resolve(import.meta.dirname, "../../packages/ops/bin.mjs");
const directory = fs.mkdtempSync(path.join(os.tmpdir(), "keepsake-empty-"));

let r2: Awaited<ReturnType<typeof embeddedR2>>;
let s3: S3Client;
let keys: { endpoint: string; accessKeyId: string; secretAccessKey: string };
beforeAll(async () => {
  const own = newR2Keys();
  const pairs = r2KeyPairs(own);
  r2 = await embeddedR2({ directory, ports: { s3: 0, cdn: 0 }, pairs, webOrigins: [] });
  keys = { endpoint: r2.endpoint, ...own.store };
  s3 = s3Client(keys);
});
afterAll(async () => {
  s3.destroy();
  await r2.stop();
  fs.rmSync(directory, { recursive: true });
});
beforeEach(async () => {
  for (const Bucket of buckets)
    for (const name of ["a", "b"])
      await s3.send(new PutObjectCommand({ Bucket, Key: `empty/${name}`, Body: "four" }));
});

describe("npm run empty", { timeout: 60_000 }, () => {
  test("counts the objects of the three buckets and removes none", async () => {
    const { code, output } = await empty("ada", []);
    expect(code).toBe(0);
    for (const bucket of buckets) expect(output).toContain(`${bucket}  2 objects, 8 bytes\n`);
    expect(output).toContain("Nothing was removed; add --delete to remove these 6 objects");
    expect(await remaining()).toBe(6);
  });

  test("removes them after the stage's name was typed", async () => {
    const { code, output } = await empty("ada", ["--delete"], "ada\n");
    expect(output).toContain("This cannot be undone. Type the name of the stage (ada)");
    expect([code, await remaining()]).toEqual([0, 0]);
  });

  test.each(["production\n", "Ada\n", "\n", ""])(
    "removes nothing when %j is typed",
    async (typed) => {
      const { code, output } = await empty("ada", ["--delete"], typed);
      expect(output).toContain("nothing was removed");
      expect([code, await remaining()]).toEqual([1, 6]);
    },
  );

  test("removes nothing of production without a further flag", async () => {
    const refused = await empty("production", ["--delete"], "production\n");
    expect(refused.output).toMatch(/^This deletes every image of production, .* add --production/);
    expect([refused.code, await remaining()]).toEqual([1, 6]);
    const { code } = await empty("production", ["--delete", "--production"], "production\n");
    expect([code, await remaining()]).toEqual([0, 0]);
  });

  test("counts and aborts what was begun in parts and not completed", async () => {
    const object = { Bucket: "private", Key: "empty/parts" };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(object));
    await s3.send(new UploadPartCommand({ ...object, UploadId, PartNumber: 1, Body: "four" }));
    const counted = await empty("ada", []);
    expect(counted.output).toContain("private  2 objects, 8 bytes, 1 unfinished uploads\n");
    await empty("ada", ["--delete"], "ada\n");
    const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket: "private" }));
    expect([Uploads, await remaining()]).toEqual([undefined, 0]);
  });

  test("explains an unknown flag, and a missing stage", async () => {
    expect((await empty("ada", ["--force"])).output).toMatch(/^Usage: npm run empty/);
    expect((await run(["empty"], "", {})).output).toMatch(/^Usage: npm run empty/);
  });
});

async function remaining() {
  let count = 0;
  for (const Bucket of buckets)
    count += (await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount ?? 0;
  return count;
}

/** Runs the command as `sst shell` would for a stage. */
function empty(stage: string, flags: string[], typed = "") {
  const resources = {
    App: { name: "keepsake", stage },
    Images: { ...keys, bucket: "images", publicUrl: r2.publicUrl },
    Incoming: { ...keys, bucket: "incoming" },
    Private: { ...keys, bucket: "private" },
  };
  const env = Object.entries(resources).map(([name, link]) => [
    `SST_RESOURCE_${name}`,
    JSON.stringify(link),
  ]);
  return run(["empty", "linked", ...flags], typed, Object.fromEntries(env));
}

function run(args: string[], typed: string, environment: Record<string, string>) {
  const env = { PATH: process.env.PATH, ...environment };
  const child = spawn(process.execPath, [bin, ...args], { env });
  child.stdin.on("error", () => {}); // it may end without reading
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
  child.stdin.end(typed);
  return new Promise<{ code: number | null; output: string }>((resolve) =>
    child.on("close", (code) => resolve({ code, output })),
  );
}
