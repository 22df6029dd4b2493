import { execFile } from "node:child_process";
import crypto from "node:crypto";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import * as esbuild from "esbuild";
import { answer, create } from "./mockClouds.ts";
import type { Options, Plan } from "./plan.ts";
import { builder } from "./sstServer.ts";

/**
 * The process behind `plan`: executes `sst.config.ts` as SST's CLI does, with a Pulumi monitor that
 * notes every resource where the engine would create it, and sends the plan to its parent.
 */
const root = path.resolve(import.meta.dirname, "../..");
const platform = path.join(root, ".sst/platform");
const require = createRequire(path.join(platform, "package.json"));

const fail = (error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
};
process.on("unhandledRejection", fail).on("uncaughtException", fail);
const plan = await synth(JSON.parse(process.argv[2]!));
process.send!(plan, () => process.exit(0));

async function synth({ stage, dev = false, artifacts }: Options): Promise<Plan> {
  if (!fs.existsSync(platform))
    throw new Error("SST is not unpacked: run node packages/plan/installSst.mjs");
  process.chdir(root);
  fixRandomness();
  const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "keepsake-plan-"));
  process.once("exit", () => fs.rmSync(temporary, { recursive: true, force: true }));
  const work = artifacts ?? temporary;

  const { config, run } = await loadProgram();
  const app = { ...(await config.app({ stage })), stage };
  const plan: Plan = { app, resources: [], outputs: {}, links: {}, functions: [], served: {} };
  Object.assign(globalThis, {
    $app: app,
    $dev: dev,
    $cli: { command: dev ? "dev" : "deploy", dev, paths: { home: work, root, work, platform } },
  });
  process.env.SST_SERVER = await builder(plan, artifacts);
  const settings = require("@pulumi/pulumi/runtime/settings");
  settings.setMockOptions(noteTaker(plan), app.name, stage);

  const pulumi = require("@pulumi/pulumi");
  plan.outputs = await pulumi.runtime.runInPulumiStack(() => run(config.run));
  await settings.waitForRPCs();
  plan.resources.sort((a, b) => (a.urn < b.urn ? -1 : 1));
  plan.functions.sort((a, b) => (a.id < b.id ? -1 : 1));
  return plan;
}

/** A Pulumi engine as the program sees it: it grants everything at once and notes what it was. */
function noteTaker(plan: Plan) {
  const { MockMonitor }: Mocks = require("@pulumi/pulumi/runtime/mocks");
  const rpc: Rpc = require("@pulumi/pulumi/runtime/rpc");
  const read = (struct: unknown) => plain(rpc, rpc.deserializeProperties(struct)) as Properties;

  return new (class extends MockMonitor {
    /** As the real engine writes them; SST reads a link's name and type from here. */
    newUrn(parent: string, type: string, name: string) {
      const above = parent?.split("::")[2];
      const chain = above && above !== "pulumi:pulumi:Stack" ? `${above}$${type}` : type;
      return `urn:pulumi:${plan.app.stage}::${plan.app.name}::${chain}::${name}`;
    }
    override registerResource(request: Request, done: Done) {
      const parent = request.getParent();
      plan.resources.push({
        urn: this.newUrn(parent, request.getType(), request.getName()),
        type: request.getType(),
        name: request.getName(),
        custom: request.getCustom(),
        ...(parent && { parent }),
        protect: request.getProtect(),
        retainOnDelete: request.getRetainondelete(),
        inputs: read(request.getObject()),
      });
      return super.registerResource(request, done);
    }
    override registerResourceOutputs(request: Request, done: Done) {
      const outputs = rpc.deserializeProperties(request.getOutputs()) as Properties;
      if (request.getUrn().includes("::sst:sst:LinkRef::"))
        plan.links[String(open(rpc, outputs.target))] = types(rpc, outputs.properties);
      if (outputs._dev)
        plan.served[request.getUrn().split("::").at(-1)!] = plain(rpc, outputs._dev) as Served;
      return super.registerResourceOutputs(request, done);
    }
  })({
    newResource: async ({
      type,
      name,
      inputs,
    }: {
      type: string;
      name: string;
      inputs: unknown;
    }) => {
      const given = plain(rpc, inputs) as Properties;
      if (type === "command:local:Command") await execute(given as Command);
      return create(type, name, given);
    },
    call: ({ token, inputs }: { token: string; inputs: Properties }) => answer(token, inputs),
  });
}

/**
 * Does what Pulumi does for a command. It builds the page, which takes a second: SST names what it
 * uploads by what it finds, so without a build there would be no plan of it, and with a pretended one
 * nobody would know that the command works. `work` is the plan's own, so plans do not meet.
 */
async function execute({ create, dir, environment }: Command) {
  const env = { ...process.env, ...environment };
  await promisify(execFile)("/bin/sh", ["-c", create], { cwd: dir, env });
}

/**
 * Copies values out of Pulumi's wire form. What is marked as a secret loses the secrets in it; a secret
 * that is somewhere else stays to be seen.
 */
function plain(rpc: Rpc, value: unknown, marked = false): unknown {
  if (rpc.isRpcSecret(value)) return plain(rpc, rpc.unwrapRpcSecret(value), true);
  if (typeof value === "string") return marked ? masked(value) : value;
  if (Array.isArray(value)) return value.map((item) => plain(rpc, item, marked));
  if (value === null || typeof value !== "object") return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return `[${value.constructor.name}]`; // a file
  const entries = Object.entries(value).map(([key, item]) => [key, plain(rpc, item, marked)]);
  return Object.fromEntries(entries);
}

function masked(text: string) {
  const secrets = Object.keys(process.env).filter((name) => name.startsWith("SST_SECRET_"));
  return secrets.reduce((rest, name) => rest.replaceAll(process.env[name]!, "[secret]"), text);
}

/** The TypeScript types of a link's properties, as SST writes them. */
function types(rpc: Rpc, link: unknown): Record<string, string> {
  const properties = Object.entries(open(rpc, link) as Properties);
  return Object.fromEntries(
    properties.map(([name, secret]) => {
      const value = open(rpc, secret);
      if (name === "type") return [name, JSON.stringify(value)];
      return [name, ["string", "number", "boolean"].includes(typeof value) ? typeof value : "any"];
    }),
  );
}

function open(rpc: Rpc, value: unknown): unknown {
  return rpc.isRpcSecret(value) ? rpc.unwrapRpcSecret(value) : value;
}

/** `sst.config.ts` and SST's runner for it, bundled beside SST's packages as SST's CLI does. */
async function loadProgram(): Promise<Program> {
  const scope = globals();
  const bundle = path.join(platform, "plan.cjs");
  const outfile = `${bundle}.${process.pid}`;
  await esbuild.build({
    outfile,
    absWorkingDir: root,
    stdin: {
      contents: `export { run } from "./.sst/platform/src/auto/run.ts"; export { default as config } from "./sst.config.ts";`,
      resolveDir: root,
    },
    inject: [path.join(platform, "src/shim/run.js")],
    bundle: true,
    platform: "node",
    format: "cjs", // as a module it would load services of AWS that nobody uses
    logLevel: "error",
    mainFields: ["module", "main"],
    nodePaths: [path.join(platform, "node_modules")],
    external: ["@pulumi/*", "@aws-sdk/*", "undici", "esbuild", "archiver", "glob", "vite"],
    plugins: [
      {
        name: "scope",
        setup({ onLoad }) {
          onLoad({ filter: /\.ts$/ }, ({ path: file }) =>
            file.startsWith(platform)
              ? undefined
              : { contents: `${scope}\n${fs.readFileSync(file, "utf8")}`, loader: "ts" },
          );
        },
      },
    ],
  });
  fs.renameSync(outfile, bundle); // plans may run at the same time
  return require(bundle);
}

/** The names that SST puts into the scope of our files: `sst` and the providers. */
function globals(): string {
  const lock: { alias: string; package: string }[] = JSON.parse(
    fs.readFileSync(path.join(root, ".sst/provider-lock.json"), "utf8"),
  );
  const imports = lock.map((found) => `import * as ${found.alias} from "${found.package}";`);
  return `import * as sst from "${path.join(platform, "src/components")}"; ${imports.join(" ")}`;
}

/** SST ends every physical name with eight random bytes; plans are to be compared. */
function fixRandomness() {
  const { randomBytes } = crypto;
  crypto.randomBytes = ((size: number, done: never) =>
    size === 8 && !done ? Buffer.alloc(8) : randomBytes(size, done)) as typeof randomBytes;
}

type Program = {
  config: { app(input: { stage: string }): Promise<Plan["app"]>; run(): Promise<object> };
  run(program: () => Promise<object>): Promise<Plan["outputs"]>;
};
type Properties = Record<string, unknown>;
type Served = Plan["served"][string];
type Command = { create: string; dir: string; environment: Record<string, string> };
type Mocks = { MockMonitor: new (mocks: object) => Monitor };
type Rpc = {
  deserializeProperties(struct: unknown): unknown;
  isRpcSecret(value: unknown): boolean;
  unwrapRpcSecret(value: unknown): unknown;
};
type Done = (error: Error | undefined, response: unknown) => void;
type Request = {
  getUrn(): string;
  getParent(): string;
  getType(): string;
  getName(): string;
  getCustom(): boolean;
  getProtect(): boolean;
  getRetainondelete(): boolean;
  getObject(): unknown;
  getOutputs(): unknown;
};
declare class Monitor {
  registerResource(request: Request, done: Done): unknown;
  registerResourceOutputs(request: Request, done: Done): unknown;
}
