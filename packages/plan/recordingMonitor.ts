import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { DevCommand, Plan } from "./computePlan.ts";
import { createResource, invoke } from "./mockClouds.ts";
import {
  decodeProperties,
  linkTypes,
  type Properties,
  toJson,
  unwrapSecret,
} from "./pulumiValues.ts";
import { requireFromPlatform } from "./sstPlatform.ts";

/**
 * A mock of Pulumi's engine: it answers every request of the program at once and records the resources,
 * links and dev commands in the plan.
 */
export function recordingMonitor(plan: Plan): object {
  const { MockMonitor }: Mocks = requireFromPlatform("@pulumi/pulumi/runtime/mocks");

  return new (class extends MockMonitor {
    /** URNs as the real engine writes them: SST reads a link's name and type from them. */
    newUrn(parent: string, type: string, name: string) {
      const parentType = parent?.split("::")[2];
      const inStack = !parentType || parentType === "pulumi:pulumi:Stack";
      const typeChain = inStack ? type : `${parentType}$${type}`;
      return `urn:pulumi:${plan.app.stage}::${plan.app.name}::${typeChain}::${name}`;
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
        ignoreChanges: request.getIgnorechangesList(),
        inputs: toJson(decodeProperties(request.getObject())) as Properties,
      });
      return super.registerResource(request, done);
    }
    override registerResourceOutputs(request: Request, done: Done) {
      const urn = request.getUrn();
      const outputs = decodeProperties(request.getOutputs());
      if (urn.includes("::sst:sst:LinkRef::"))
        plan.links[String(unwrapSecret(outputs.target))] = linkTypes(outputs.properties);
      if (outputs._dev)
        plan.devCommands[urn.split("::").at(-1)!] = toJson(outputs._dev) as DevCommand;
      return super.registerResourceOutputs(request, done);
    }
  })({
    newResource: async ({ type, name, inputs }: NewResource) => {
      const properties = toJson(inputs) as Properties;
      if (type === "command:local:Command") await runCommand(properties as Command);
      return createResource(type, name, properties);
    },
    call: ({ token, inputs }: { token: string; inputs: Properties }) => invoke(token, inputs),
  });
}

/**
 * Runs a command as Pulumi would. The only one builds the page, in a second: SST names the uploads by
 * the files that it finds, so a plan needs the build. It writes to the plan's own directory, so plans
 * may run at the same time.
 */
async function runCommand({ create, dir, environment }: Command) {
  const env = { ...process.env, ...environment };
  await promisify(execFile)("/bin/sh", ["-c", create], { cwd: dir, env });
}

type NewResource = { type: string; name: string; inputs: unknown };
type Command = { create: string; dir: string; environment: Record<string, string> };
type Mocks = { MockMonitor: new (mocks: object) => Monitor };
type Done = (error: Error | undefined, response: unknown) => void;
type Request = {
  getUrn(): string;
  getParent(): string;
  getType(): string;
  getName(): string;
  getIgnorechangesList(): string[];
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
