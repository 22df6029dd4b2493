import { execFile } from "node:child_process";
import * as fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { shellArguments } from "../../packages/ops/sstShell.mjs";

const root = path.resolve(import.meta.dirname, "../..");

/** A project whose configuration cannot be built: the last that SST does before it needs an account. */
let project: string;
beforeAll(() => {
  project = fs.mkdtempSync(path.join(os.tmpdir(), "keepsake-stage-"));
  fs.writeFileSync(
    path.join(project, "sst.config.ts"),
    'export default $config({ app: () => ({ name: "keepsake", home: "aws" }), async run() { await import("./missing.ts"); } });\n',
  );
});
afterAll(() => fs.rmSync(project, { recursive: true }));

describe("an operator's command on a deployed stage", () => {
  test.each([
    [["doctor", "--web-origins", "https://app.example.com"]],
    [["audit", "--fix"]],
    [["backfill", "--dry-run", "--variants"]],
    [["dlq", "list"]],
  ])(
    "keeps its own arguments: %j",
    async (command) => {
      const output = await runSst(shellArguments("production", ["bin.mjs", ...command]));
      expect(output).toContain("Failed to build");
      expect(output).not.toContain("Usage: sst shell");
    },
    60_000,
  );

  test("runs in the Node that runs this process, which .bin/node is on Linux only", () => {
    expect(shellArguments("ada", ["bin.mjs", "dlq"])).toEqual([
      "shell",
      "--stage",
      "ada",
      "--",
      process.execPath,
      "bin.mjs",
      "dlq",
    ]);
  });
});

/** What the pinned `sst` prints. It sees no credentials, and its home is empty. */
function runSst(args: string[]) {
  const env = {
    PATH: process.env.PATH,
    HOME: project,
    SST_TELEMETRY_DISABLED: "1",
    SST_SKIP_DEPENDENCY_CHECK: "1",
  };
  return new Promise<string>((resolve) => {
    const sst = path.join(root, "node_modules/sst/bin/sst.mjs");
    execFile(process.execPath, [sst, ...args], { cwd: project, env }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}
