import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publishedPackages } from "@keepsake/release/publishedPackages";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startRegistry } from "./support/npmRegistryStub.ts";
import { packed, run } from "./support/packForTests.ts";

let builds: Awaited<ReturnType<typeof packed>>;
beforeAll(async () => {
  builds = await packed();
});
afterAll(() => builds?.remove());

const names = publishedPackages().map(({ manifest }) => manifest.name);

test("the packages that are published are these", () => {
  expect(names).toEqual(expect.arrayContaining(["@keepsake/client", "@keepsake/uppy"]));
});

describe.for(names)("the tarball of %s", (name) => {
  const build = () => builds.packages.find((each) => each.name === name)!;
  const read = (file: string) => readFileSync(join(build().folder, file), "utf8");

  test("holds built files, package.json, README, CHANGELOG and LICENSE, and nothing else", async () => {
    const { stdout } = await run("tar", ["-tzf", build().tarball]);
    const files = stdout.trim().split("\n");
    const texts = ["package.json", "README.md", "CHANGELOG.md", "LICENSE"];
    for (const text of texts) expect(files).toContain(`package/${text}`);
    const others = files.filter((file) => !texts.includes(file.replace("package/", "")));
    expect(others.filter((file) => !/^package\/\w+(\.js|\.d\.ts|\.css)$/.test(file))).toEqual([]);
    expect(files).toHaveLength(readdirSync(build().folder).length);
  });

  test("imports peer dependencies at most, in its code and in its types", () => {
    const { peerDependencies = {}, dependencies } = JSON.parse(read("package.json"));
    expect(dependencies).toBeUndefined();
    const imported = readdirSync(build().folder)
      .filter((file) => /\.(js|d\.ts)$/.test(file))
      .flatMap((file) => [...read(file).matchAll(/(?:from |import\(|import |require\()"([^"]+)"/g)])
      .map(([, specifier = ""]) => specifier)
      .filter((specifier) => !specifier.startsWith("./"));
    const isPeer = (specifier: string) =>
      Object.keys(peerDependencies).some((peer) => `${specifier}/`.startsWith(`${peer}/`));
    expect(imported.filter((specifier) => !isPeer(specifier))).toEqual([]);
  });

  test("has nothing that publint would change", async () => {
    const { messages, pkg } = await publint({
      pkgDir: build().folder,
      strict: true,
      level: "suggestion",
    });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test("has types that are found wherever ESM is resolved", async () => {
    const tarball = new Uint8Array(readFileSync(build().tarball));
    const analysis = await checkPackage(createPackageFromTarballData(tarball), {
      excludeEntrypoints: [/\.css$/],
    });
    if (!analysis.types) throw new Error("the package has no types");
    // it is ESM only, as --profile esm-only says: Node 20.19 and later can require() that too
    const checked = analysis.problems.filter(
      (problem) =>
        !("resolutionKind" in problem) ||
        !["node10", "node16-cjs"].includes(problem.resolutionKind),
    );
    expect(checked).toEqual([]);
  });

  test("would be published by npm, for everyone", async () => {
    const registry = await startRegistry();
    const args = ["publish", build().tarball, "--dry-run", "--registry", registry.url];
    const { stdout, stderr } = await run("npm", args, { cwd: dirname(build().tarball) }).finally(
      registry.stop,
    );
    expect(stdout).toContain(`+ ${name}@${build().version}`);
    expect(stderr).toContain("with tag latest and public access");
    expect(stderr).not.toMatch(
      /npm (warn|error)(?! Unknown| publish This command requires you to be logged in)/,
    );
  });

  test("is what Changesets publishes, and its sources cannot be published", async () => {
    const { folder, publishedFolder } = publishedPackages().find(
      ({ manifest }) => manifest.name === name,
    )!;
    expect(basename(publishedFolder)).toBe(basename(build().folder));
    const publishing = run("npm", ["publish", "--dry-run"], { cwd: folder });
    await expect(publishing).rejects.toThrow("run npm run pack in the root");
  });
});
