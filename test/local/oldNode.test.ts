import { type ExecFileOptions, execFile } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isNewEnough } from "../../node/neededVersion.mjs";
import { root } from "../structure/importGraph.ts";

const json = (file: string) => JSON.parse(readFileSync(join(root, file), "utf8"));
const { engines, scripts } = json("package.json") as {
  engines: { node: string };
  scripts: Record<string, string>;
};
const withoutNode = ["format", "postinstall"]; // Biome is a binary; postinstall installs Node

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "keepsake-old-node-"));
  nodeThatSays("20.20.2");
  nodeThatSays("24.21.0");
});
afterAll(() => rmSync(folder, { recursive: true }));

test("the sources run on the versions of Node that engines names, in every package that is not published", () => {
  expect(engines.node).toBe("^22.19.0 || >=24.11.0");
  const versions = [
    "18.20.0",
    "20.20.2",
    "22.18.0",
    "22.19.0",
    "23.11.1",
    "24.10.0",
    "24.11.0",
    "26.0.0",
  ];
  const newEnough = ["22.19.0", "24.11.0", "26.0.0"];
  expect(versions.filter(isNewEnough)).toEqual(newEnough);
  const files = readdirSync(join(root, "packages")).map((name) => `packages/${name}/package.json`);
  const packages = [...files, "functions/package.json"].filter((file) =>
    existsSync(join(root, file)),
  );
  const others = packages
    .map(json)
    .filter(({ private: own, engines: named }) => own && named?.node !== engines.node);
  expect(others.map(({ name }) => name)).toEqual([]);
});

describe("with Node 20, and none installed by npm ci,", () => {
  const names = Object.keys(scripts).filter((name) => !withoutNode.includes(name) && !isPre(name));

  test.each(names)("npm run %s says what to do, and does nothing", async (name) => {
    const first = scripts[`pre${name}`] ?? scripts[name]!; // npm ends where it fails
    const { code, output } = await run("sh", ["-c", first], {
      cwd: root,
      env: {
        PATH: `${join(folder, "20.20.2")}:/usr/bin:/bin`,
        HOME: folder,
        KEEPSAKE_HOME: folder,
      },
      timeout: 10_000,
    });
    expect(output).toBe(
      "Keepsake needs Node 24.11 or newer, or 22.19 or newer of Node 22, and this is v20.20.2. On Linux, run npm ci " +
        "without --ignore-scripts: it installs Node 24 into this folder, and npm run uses it. Or install Node 24 yourself.\n",
    );
    expect(code).toBe(1);
  });
});

describe.runIf(process.platform === "linux")("npm ci", () => {
  test("puts Node into node_modules where the machine's is too old, and nothing else of its package", async () => {
    const project = projectWith("old");
    for (const _ of ["first", "again"]) {
      const { code, output } = await postinstall("20.20.2", project);
      expect(output).toContain(
        "this is v20.20.2: node_modules has Node 24.21.0 now, and npm run uses it.",
      );
      expect(code).toBe(0);
    }
    const node = join(project, "node_modules/.bin/node");
    expect((await run(node, ["--version"], {})).output).toBe("v24.21.0\n");
    expect(readdirSync(join(project, "node_modules")).sort()).toEqual([".bin", ".node"]);
    expect(readdirSync(join(project, "node_modules/.node")).sort()).toEqual(["LICENSE", "node"]);
  }, 240_000);

  test("installs no Node where the machine's is new enough", async () => {
    const project = projectWith("new");
    expect(await postinstall("24.21.0", project)).toEqual({ code: 0, output: "" });
    expect(existsSync(join(project, "node_modules"))).toBe(false);
  });

  test("fails, and leaves nothing half done, when Node cannot be downloaded", async () => {
    const project = projectWith("offline");
    const { code, output } = await postinstall("20.20.2", project, {
      npm_config_offline: "true",
      npm_config_cache: join(folder, "empty"),
    });
    expect(output).toContain("install Node 24 yourself, since npm could not download node-linux-");
    expect(code).toBe(1);
    expect(readdirSync(join(project, "node_modules"))).toEqual([".bin"]);
  }, 60_000);
});

const isPre = (name: string) => name.startsWith("pre") && name.slice(3) in scripts;

/** A folder with a `node` that runs this one, which says that it is another version. */
function nodeThatSays(version: string) {
  const bin = join(folder, version);
  mkdirSync(bin);
  writeFileSync(
    join(bin, "version.cjs"),
    `Object.defineProperty(process, "version", { value: "v${version}" });
Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } });`,
  );
  writeFileSync(
    join(bin, "node"),
    `#!/bin/sh\nexec "${process.execPath}" --require "${bin}/version.cjs" "$@"\n`,
  );
  chmodSync(join(bin, "node"), 0o755);
}

function projectWith(name: string) {
  const project = join(folder, name);
  cpSync(join(root, "node"), join(project, "node"), { recursive: true });
  return project;
}

/** As `npm ci` runs it at its end. */
function postinstall(version: string, project: string, env: Record<string, string> = {}) {
  const npm = join(root, "node_modules/npm/bin/npm-cli.js");
  return run(join(folder, version, "node"), ["node/installNode.mjs"], {
    cwd: project,
    env: { ...process.env, npm_config_prefer_offline: "true", npm_execpath: npm, ...env },
  });
}

function run(command: string, args: string[], options: ExecFileOptions) {
  return new Promise<{ code: number; output: string }>((resolve) => {
    const child = execFile(command, args, options, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, output: `${stdout}${stderr}` }),
    );
  });
}
