import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packPackages } from "@keepsake/release/packPackages";
import { publishedPackages } from "@keepsake/release/publishedPackages";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../structure/importGraph.ts";
import { startRegistry } from "./support/npmRegistryStub.ts";
import { run } from "./support/packForTests.ts";

const changeset = join(root, "node_modules/@changesets/cli/bin.js");

/** What Changesets reads of the repository, and the packages as `npm run pack` builds them. */
let copy: string;
beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), "keepsake-changesets-"));
  for (const file of ["package.json", "package-lock.json", ".changeset"])
    cpSync(join(root, file), join(copy, file), { recursive: true });
  for (const folder of ["functions", ...readdirSync(join(root, "packages")).map(inPackages)])
    copyTexts(folder);
  await packPackages(join(copy, "dist"));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

const packages = publishedPackages().map(({ manifest }) => manifest);

describe("Changesets", () => {
  test("publishes what npm run pack built, for everyone", async () => {
    const registry = await startRegistry();
    writeFileSync(join(copy, ".npmrc"), `//${registry.host}/:_authToken=none\n`);
    await run(process.execPath, [changeset, "publish", "--no-git-tag"], {
      cwd: copy,
      env: {
        ...process.env,
        npm_config_registry: registry.url,
        npm_config_userconfig: join(copy, ".npmrc"),
      },
    }).finally(registry.stop);
    expect(registry.published.map(({ name }) => name).sort()).toEqual(
      packages.map(({ name }) => name).sort(),
    );
    for (const { name, access, versions } of registry.published) {
      const { version } = packages.find((each) => each.name === name)!;
      expect(access).toBe("public");
      expect(versions[version]?.exports).toMatchObject({ ".": { default: "./index.js" } });
    }
  });

  test("turns a change into a version of that package only, and an entry of its CHANGELOG", async () => {
    const text = '---\n"@keepsake/client": patch\n---\n\nUploads are faster.\n';
    writeFileSync(join(copy, ".changeset/a-change.md"), text);
    const before = readFileSync(join(copy, "packages/core/package.json"), "utf8");
    await run(process.execPath, [changeset, "version"], { cwd: copy });
    const client = JSON.parse(readFileSync(join(copy, "packages/client/package.json"), "utf8"));
    const previous = packages.find(({ name }) => name === "@keepsake/client")!.version;
    expect(client.version).not.toBe(previous);
    const log = readFileSync(join(copy, "packages/client/CHANGELOG.md"), "utf8");
    expect(log).toMatch(
      new RegExp(`^## ${client.version}\\n.*Uploads are faster\\..*^## ${previous}$`, "ms"),
    );
    expect(readFileSync(join(copy, "packages/core/package.json"), "utf8")).toBe(before);
  });
});

function inPackages(name: string) {
  return join("packages", name);
}

/** The package.json and the CHANGELOG of a workspace. */
function copyTexts(folder: string) {
  mkdirSync(join(copy, folder), { recursive: true });
  for (const file of readdirSync(join(root, folder)).filter((name) =>
    ["package.json", "CHANGELOG.md"].includes(name),
  ))
    cpSync(join(root, folder, file), join(copy, folder, file));
}
