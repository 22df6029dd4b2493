import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";

/**
 * Puts Scalar's script, which draws the reference at `/docs`, into the folder `viewer`, once per version. The package
 * is no dependency: it would bring 240 MB, of which one file of 3.6 MB is needed. So npm fetches the package alone,
 * through its cache, and its bytes are compared with the hash below. Without the registry nothing fails but `/docs`,
 * which says what is missing; with `--required` this program fails then. Node 20 is enough.
 */
const scalar = {
  name: "@scalar/api-reference",
  version: "1.46.4",
  integrity:
    "sha512-EpCcOG15Ry8DKNs/f5AdRA97s1B5kGPekzANpnK0j1IpyU4Sb/mfdyfB00WC+vUo7hfc4BFRSkkiPa5SSM7fng==",
};
const wanted = "package/dist/browser/standalone.js";

const isRequired = process.argv.includes("--required");
const folder = fileURLToPath(new URL("viewer", import.meta.url));
const target = path.join(folder, `scalar-${scalar.version}.js.gz`);

if (!fs.existsSync(target)) {
  console.error("Fetching the viewer of the page /docs from the npm registry, once …");
  try {
    install();
  } catch (error) {
    console.error(
      `The page /docs of the API will say that its viewer is missing: ${error.message}. Everything else works. When this machine can reach the npm registry, run: npm run docs-viewer`,
    );
    if (isRequired) process.exitCode = 1;
  }
}

/** Works in a folder of its own and renames the result into place, so that runs may overlap or be killed. */
function install() {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "keepsake-viewer-"));
  try {
    const script = fileOf(gunzipSync(fetchPackage(scratch)), wanted);
    const made = `${target}.${process.pid}`;
    fs.writeFileSync(made, gzipSync(script, { level: 9 }));
    fs.renameSync(made, target);
    const isOther = (name) => name.includes(".js.gz") && name !== path.basename(target);
    for (const name of fs.readdirSync(folder).filter(isOther))
      fs.rmSync(path.join(folder, name), { force: true });
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * The package's archive, by the npm that runs this file or else the one on the path. A registry that does not answer
 * delays a start by half a minute at most.
 */
function fetchPackage(scratch) {
  const { npm_execpath: npm, npm_config_dry_run: _, ...env } = process.env;
  const [command, ...first] = npm ? [process.execPath, npm] : ["npm"];
  const { name, version, integrity } = scalar;
  const options = ["--prefer-offline", "--ignore-scripts", "--fetch-retries=0"];
  const { status, error, stderr } = spawnSync(
    command,
    [...first, "pack", `${name}@${version}`, ...options],
    { cwd: scratch, encoding: "utf8", env, timeout: isRequired ? 600_000 : 30_000 },
  );
  const [archive] = fs.readdirSync(scratch).filter((file) => file.endsWith(".tgz"));
  if (archive === undefined) {
    const [, code] = /npm error code (\S+)/.exec(stderr ?? "") ?? [];
    throw new Error(`npm did not fetch ${name} (${error?.code ?? code ?? `status ${status}`})`);
  }
  const bytes = fs.readFileSync(path.join(scratch, archive));
  const hash = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  if (hash !== integrity) throw new Error(`${name} ${version} is not the package that is expected`);
  return bytes;
}

/** The bytes of one file of a tar archive: headers and contents are in blocks of 512 bytes. */
function fileOf(tar, wanted) {
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const text = (from, length) => tar.toString("latin1", at + from, at + from + length);
    const name = text(0, 100).replace(/\0.*$/s, "");
    const size = Number.parseInt(text(124, 12), 8);
    const start = at + 512;
    if (name === wanted) return tar.subarray(start, start + size);
    at = start + 512 * Math.ceil(size / 512);
  }
  throw new Error(`${scalar.name} has no ${wanted}`);
}
