import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

/** The goals of the benchmark: a line of its table has the limit and, in its first two columns, the words. */
const goals: [limit: string, ...words: string[]][] = [
  ["≤ 0.33", "presigned URL", "getSignedUrl"],
  ["≤ 1", "presignUpload", "better-upload"],
  ["≤ 0.35", "cold start", "presignUpload"],
  ["≤ 0.4", "cold start", "createWorld"],
  ["≤ 0.35", "cold start", "telegramRehost"],
  ["≤ 0.5", "cold start", "completeUpload"],
  ["≤ 0.5", "cold start", "uploadPortraits"],
  ["≤ 0.35", "8 MB"],
  ["≤ 0.6", "500 KB", "PNG"],
  ["≤ 0.5", "2 MB", "WebP"],
  ["≥ 1.6", "ten at once"],
  ["≥ 3", "one after another"],
  ["≥ 10", "one after another", "60 ms"],
  ["≥ 2", "upload()", "images/s"],
  ["≤ 0.75", "re-host", "PutObject"],
  ["≤ 0.4", "createWorld", "5.5 MB"],
  ["≤ 0.03", "by image id"],
  ["≤ 3", "peak"],
  ["≤ 1.1", "messages"],
  ["≤ 1.15", "bytes", "portrait"],
  ["≤ 0.05", "bytes", "unchanged"],
  ["≤ 1.15", "bytes", "rewritten"],
  ["≤ 1.15", "bytes", "re-host"],
  ["≤ 1", "writes of R2"],
  ["≤ 1.1", "GET /images", "filter"],
  ["≤ 1.1", "GET /worlds"],
];

let bench: ChildProcess;
let code: number;
let output: string;
beforeAll(async () => {
  const run = spawn(process.execPath, ["bench/bin.mjs", "--brief"], { cwd: root, detached: true });
  bench = run;
  const printed = Promise.all([text(run.stdout), text(run.stderr)]);
  [code] = await once(run, "close");
  output = (await printed).join("\n");
}, 900_000);
afterAll(() => {
  const hangs = bench.exitCode === null && bench.signalCode === null;
  if (hangs) process.kill(-bench.pid!, "SIGTERM"); // with the processes that it started
});

describe("npm run bench -- --brief", () => {
  test("measures every row", () => {
    expect(code, output).toBe(0);
  });

  test.each(goals)("shows the goal %s of %s %s", (limit, ...words) => {
    const lines = output.split("\n").map((line) => line.split("|").slice(1, 3).join("|"));
    const meant = (line: string) =>
      `${line} `.includes(` ${limit} `) &&
      words.every((word) => line.toLowerCase().includes(word.toLowerCase()));
    expect(lines.filter(meant), output).not.toEqual([]);
  });
});

test("the benchmark has no type errors", () => {
  const tsc = resolve(root, "node_modules/.bin/tsc");
  const { stdout } = spawnSync(tsc, ["-p", "bench"], { cwd: root, encoding: "utf8" });
  expect(stdout).toBe("");
}, 120_000);
