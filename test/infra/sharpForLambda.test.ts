import { execFile } from "node:child_process";
import * as fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const directory = fs.mkdtempSync(path.join(os.tmpdir(), "keepsake-npm-"));
afterAll(() => fs.rmSync(directory, { recursive: true }));

const json = (file: string) => JSON.parse(fs.readFileSync(path.join(root, file), "utf8"));

test("the project brings npm 11, which npm run and npx find first, because npm 12 ends SST's deployments", () => {
  const { version } = json("package-lock.json").packages["node_modules/npm"];
  expect(json("package.json").devDependencies.npm).toBe(version);
  expect(version).toMatch(/^11\./);
});

test.each([
  ["11.19.1", ""],
  ["12.0.0", "The npm in PATH is 12.0.0, with which SST cannot install sharp: deploy with npm run"],
  ["13.1.0", "The npm in PATH is 13.1.0"],
])(
  "with npm %s in PATH a deployment stops before it builds anything, with the message %j",
  async (version, message) => {
    const bin = path.join(directory, version);
    fs.mkdirSync(bin);
    fs.writeFileSync(path.join(bin, "npm"), `#!/bin/sh\necho ${version}\n`, { mode: 0o755 });
    const file = JSON.stringify(path.join(root, "infra/npmVersion.ts"));
    const program = `(await import(${file})).refuseNewerNpm();`;
    const env = { PATH: `${bin}:/bin:/usr/bin` };
    const run = promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
      env,
    });
    if (message) await expect(run).rejects.toThrow(message);
    else await run;
  },
);

test("the sharp that SST installs for Lambda is arm64's for glibc, with its libvips", async () => {
  const out = path.join(directory, "function");
  fs.mkdirSync(out);
  const { sharp } = json("functions/package.json").dependencies;
  fs.writeFileSync(path.join(out, "package.json"), JSON.stringify({ dependencies: { sharp } }));
  // as in pkg/runtime/node/build.go of SST 4.17.1, for architecture arm64
  const flags = [
    "--force",
    "--platform=linux",
    "--os=linux",
    "--arch=arm64",
    "--cpu=arm64",
    "--libc=glibc",
  ];
  const own = path.join(root, "node_modules/.bin");
  await promisify(execFile)("npm", ["install", ...flags], {
    cwd: out,
    env: { ...process.env, PATH: `${own}:${process.env.PATH}`, npm_config_prefer_offline: "true" },
  });
  const installed = fs.readdirSync(path.join(out, "node_modules/@img")).sort();
  expect(installed.filter((name) => name.startsWith("sharp-"))).toEqual([
    "sharp-libvips-linux-arm64",
    "sharp-linux-arm64",
  ]);
  const library = path.join(out, "node_modules/@img/sharp-linux-arm64/lib");
  const addon = fs.readdirSync(library).find((name) => name.endsWith(".node"))!;
  expect(machineOf(path.join(library, addon))).toBe("aarch64");
  expect(json("packages/adapters/package.json").dependencies.sharp).toBe(sharp);
}, 120_000);

/** The processor of an ELF file: its 19th and 20th byte. */
function machineOf(file: string) {
  const elf = fs.readFileSync(file);
  expect(elf.subarray(0, 4).toString("latin1")).toBe("\x7fELF");
  return elf.readUInt16LE(18) === 183 ? "aarch64" : elf.readUInt16LE(18);
}
