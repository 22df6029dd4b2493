import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { sstCommand } from "../sstShell.mjs";

/** Where a stage's secrets are: SST keeps them encrypted in the AWS account. */
export type SecretStore = ReturnType<typeof secretStore>;

/** Reads and sets secrets with the project's own `sst`. A value is sent on stdin: `ps` shows arguments. */
export function secretStore(stage: string, env: () => NodeJS.ProcessEnv) {
  return {
    /** Every secret of the stage, with the fallbacks of those that it has none of. */
    async list(): Promise<Map<string, string>> {
      const { code, output } = await runSst(["secret", "list", "--stage", stage], env());
      const text = stripVTControlCharacters(output);
      if (code !== 0 && text.includes("No secrets found")) return new Map();
      if (code !== 0) throw new Error(`SST could not read the stage's secrets: ${lastLine(text)}`);
      // a stage's own secrets are listed after the fallbacks
      return new Map(text.split("\n").flatMap(parseSecret));
    },
    async set(name: string, value: string) {
      const { code, output } = await runSst(
        ["secret", "set", name, "--stage", stage],
        env(),
        value,
      );
      if (code !== 0)
        throw new Error(`SST could not set ${name}: ${lastLine(stripVTControlCharacters(output))}`);
    },
  };
}

function parseSecret(line: string): [string, string][] {
  const [, name, value] = /^([A-Z]\w*)=(.*)$/.exec(line) ?? [];
  return name ? [[name, value!]] : [];
}

const lastLine = (text: string) => text.trim().split("\n").at(-1)?.trim() || "it printed nothing";

function runSst(args: string[], env: NodeJS.ProcessEnv, input = "") {
  const child = spawn(process.execPath, [sstCommand(), ...args], {
    env: { ...env, SST_TELEMETRY_DISABLED: "1", NO_COLOR: "1" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (output += chunk));
  child.stdin.on("error", () => {}); // it ended without reading
  child.stdin.end(input);
  return new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}
