import { fork } from "node:child_process";
import path from "node:path";
import { root } from "./sstPlatform.ts";

/** What the app would create in a stage. Secrets are replaced by `[secret]`. */
export type Plan = {
  app: { name: string; stage: string; protect?: boolean; removal: string };
  resources: Resource[];
  /** What a deploy prints at its end. */
  outputs: Record<string, unknown>;
  /** The links by name, each with the TypeScript type of every property. */
  links: Record<string, Record<string, string>>;
  functions: PlannedFunction[];
  /** The commands that `sst dev` runs on the developer's machine, by component. */
  devCommands: Record<string, DevCommand>;
};

export type Resource = {
  urn: string;
  /** As Pulumi names it: `aws:sqs/queue:Queue`. */
  type: string;
  name: string;
  /** Created in a cloud; otherwise a component that only groups others. */
  custom: boolean;
  parent?: string;
  protect: boolean;
  retainOnDelete: boolean;
  /** Properties that a deployment sets when it creates the resource, and leaves as they are later. */
  ignoreChanges: string[];
  inputs: Record<string, unknown>;
};

/** A function as SST's components request its build. */
export type PlannedFunction = {
  /** The component it belongs to: the Lambda resource is called `{id}Function`. */
  id: string;
  handler: string;
  links: string[];
  /** Whether `sst dev` runs it on the developer's machine. */
  runsLocally: boolean;
  /** Packages that are installed beside the bundle instead of bundled. */
  install: string[];
  /** Files and folders that are copied beside the bundle: their absolute path, and where to. */
  copies: { from: string; to: string }[];
  /** The bundle, when artifacts were requested. */
  bundle?: { file: string; bytes: number; external: string[] };
};

export type DevCommand = { command: string; environment: Record<string, string> };

export type PlanOptions = {
  stage: string;
  /** Plan what `sst dev` would create, not `sst deploy`. */
  dev?: boolean;
  /** The directory for the bundled functions and the page. Without it functions are not bundled. */
  artifacts?: string;
};

/**
 * Runs `sst.config.ts` with SST's own components against a mock of Pulumi's engine, in a process of its
 * own because Pulumi's runtime is global. Needs no account and no network. Of the environment the
 * program sees only `env`.
 */
export async function computePlan(
  options: PlanOptions,
  env: Record<string, string>,
): Promise<Plan> {
  const { PATH = "", HOME = "" } = process.env;
  const child = fork(path.join(import.meta.dirname, "runProgram.ts"), [JSON.stringify(options)], {
    // Pulumi's packages are large: the cache of compiled code saves a fifth of a plan's time
    env: { PATH, HOME, NODE_COMPILE_CACHE: path.join(root, ".sst/compiled"), ...env },
    execArgv: [],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let output = "";
  child.stdout?.on("data", (chunk) => (output += chunk));
  child.stderr?.on("data", (chunk) => (output += chunk));

  return new Promise((resolve, reject) => {
    child.on("message", (message) => resolve(message as Plan));
    child.on("error", reject);
    child.on("close", (code) => reject(new Error(`The plan failed (${code}): ${output.trim()}`)));
  });
}
