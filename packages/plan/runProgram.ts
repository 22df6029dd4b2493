import crypto from "node:crypto";
import * as fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Plan, PlanOptions } from "./computePlan.ts";
import { loadProgram } from "./loadProgram.ts";
import { recordingMonitor } from "./recordingMonitor.ts";
import { platform, requireFromPlatform, root } from "./sstPlatform.ts";
import { startSstServer } from "./sstServer.ts";

/**
 * The process behind `computePlan`: executes `sst.config.ts` as SST's CLI does, with a mock of Pulumi's
 * engine, and sends the plan to its parent.
 */
const fail = (error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
};
process.on("unhandledRejection", fail).on("uncaughtException", fail);
const plan = await runProgram(JSON.parse(process.argv[2]!));
process.send!(plan, () => process.exit(0));

async function runProgram({ stage, dev = false, artifacts }: PlanOptions): Promise<Plan> {
  if (!fs.existsSync(platform))
    throw new Error("SST is not unpacked: run node packages/plan/installSst.mjs");
  process.chdir(root);
  fixPhysicalNames();
  const work = artifacts ?? temporaryDirectory();

  const { config, run } = await loadProgram();
  const app = { ...(await config.app({ stage })), stage };
  const plan: Plan = { app, resources: [], outputs: {}, links: {}, functions: [], devCommands: {} };
  Object.assign(globalThis, {
    $app: app,
    $dev: dev,
    $cli: { command: dev ? "dev" : "deploy", dev, paths: { home: work, root, work, platform } },
  });
  process.env.SST_SERVER = await startSstServer(plan, artifacts);
  const settings = requireFromPlatform("@pulumi/pulumi/runtime/settings");
  settings.setMockOptions(recordingMonitor(plan), app.name, stage);

  const pulumi = requireFromPlatform("@pulumi/pulumi");
  plan.outputs = await pulumi.runtime.runInPulumiStack(() => run(config.run));
  await settings.waitForRPCs();
  plan.resources.sort((a, b) => (a.urn < b.urn ? -1 : 1));
  plan.functions.sort((a, b) => (a.id < b.id ? -1 : 1));
  return plan;
}

/** SST ends physical names with eight random bytes. Zeros instead keep plans comparable. */
function fixPhysicalNames() {
  const { randomBytes } = crypto;
  crypto.randomBytes = ((size: number, done: never) =>
    size === 8 && !done ? Buffer.alloc(8) : randomBytes(size, done)) as typeof randomBytes;
}

/** Removed when this process exits. */
function temporaryDirectory() {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "keepsake-plan-"));
  process.once("exit", () => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}
