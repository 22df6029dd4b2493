import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

/** A checkout without the viewer, and npm with a cache of its own. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keepsake-viewer-test-"));
  mkdirSync(join(folder, "viewer"));
  copyFileSync(
    "functions/reference/installScalarViewer.mjs",
    join(folder, "installScalarViewer.mjs"),
  );
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Ran = { status: number; printed: string; viewer: string[] };

/** Runs the program, with an npm registry that is not the public one. */
const run = (registry: string, ...args: string[]) =>
  new Promise<Ran>((resolve) => {
    const npm_config_cache = join(folder, "cache");
    execFile(
      process.execPath,
      [join(folder, "installScalarViewer.mjs"), ...args],
      { env: { ...process.env, npm_config_registry: registry, npm_config_cache } },
      (error, _, printed) => {
        const status = Number(error?.code ?? 0);
        resolve({ status, printed, viewer: readdirSync(join(folder, "viewer")) });
      },
    );
  });

describe("the program that gets the viewer of /docs", () => {
  test("fails nothing when the registry cannot be reached, and says what to run later", async () => {
    const ran = await run("http://127.0.0.1:9/");
    expect(ran).toMatchObject({ status: 0, viewer: [] });
    expect(ran.printed).toMatch(
      /^The page \/docs of the API will say that its viewer is missing: /m,
    );
    expect(ran.printed).toContain("(ECONNREFUSED). Everything else works.");
    expect(ran.printed).toContain("run: npm run docs-viewer");
  });

  test("fails then when it was asked for by name", async () => {
    expect(await run("http://127.0.0.1:9/", "--required")).toMatchObject({ status: 1, viewer: [] });
  });

  test("refuses a package that is not the expected one, byte for byte", async () => {
    await using registry = await startRegistry(gzipSync(Buffer.alloc(1_024)));
    const ran = await run(registry.url, "--required");
    expect(ran).toMatchObject({ status: 1, viewer: [] });
    expect(ran.printed).toContain("is not the package that is expected");
    expect(registry.sent()).toBe(1);
  });

  test("asks no registry once the file is in place", async () => {
    const name = `scalar-${await wantedVersion()}.js.gz`;
    writeFileSync(join(folder, "viewer", name), "");
    const ran = await run("http://127.0.0.1:9/", "--required");
    expect(ran).toEqual({ status: 0, printed: "", viewer: [name] });
  });

  test("must succeed before a deployment", () => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(scripts.predeploy).toContain("installScalarViewer.mjs --required");
  });
});

const source = async () =>
  (await import("node:fs/promises")).readFile(
    "functions/reference/installScalarViewer.mjs",
    "utf8",
  );

async function wantedVersion(): Promise<string> {
  const [, version] = /version: "([\d.]+)"/.exec(await source())!;
  return version!;
}

/** A registry that answers for any package with this archive, and with a hash that fits it. */
async function startRegistry(archive: Buffer) {
  let sent = 0;
  const version = await wantedVersion();
  const server = createServer(({ url = "", headers }, response) => {
    if (url.endsWith(".tgz")) {
      sent += 1;
      return response.end(archive);
    }
    const name = decodeURIComponent(url.slice(1));
    const integrity = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
    const dist = { tarball: `http://${headers.host}/package.tgz`, integrity };
    const answer = { name, versions: { [version]: { name, version, dist } }, "dist-tags": {} };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answer));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    /** How often the archive was sent. */
    sent: () => sent,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
