import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "./importGraph.ts";

const examples = readdirSync(join(root, "examples"));
const read = (path: string) => readFileSync(join(root, path), "utf8");

/** What is installed or made when an example runs. */
const made =
  /(^|\/)(node_modules|dist|\.next|next-env\.d\.ts|package-lock\.json|tsconfig\.tsbuildinfo|__pycache__)(\/|$)/;

describe.for(examples)("examples/%s", (name) => {
  const folder = join("examples", name);
  const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((file) => !made.test(file));

  test("has fewer than 150 lines", () => {
    const lines = files.map((file) => read(file).split("\n").length - 1);
    expect(lines.reduce((sum, count) => sum + count, 0)).toBeLessThan(150);
  });

  test("is in the README and has a test", () => {
    expect(read("README.md")).toContain(`| [\`${name}\`](${folder}/`);
    const tests = ["test/examples", "test/products"].flatMap((tested) =>
      readdirSync(join(root, tested), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".test.ts"))
        .map((file) => read(join(tested, file))),
    );
    const isTest = (text: string) =>
      text.includes(`installExample("${name}")`) || text.includes(`"${folder}/`);
    expect(tests.some(isTest)).toBe(true);
  });

  test.runIf(existsSync(join(root, folder, "package.json")))(
    "names exact versions, and those of the packages of this repository",
    () => {
      const manifest = JSON.parse(read(join(folder, "package.json")));
      const versions: Record<string, string> = {
        ...manifest.dependencies,
        ...manifest.devDependencies,
      };
      expect(Object.values(versions).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual(
        [],
      );
      for (const [dependency, version] of Object.entries(versions))
        if (dependency.startsWith("@keepsake/")) {
          const own = JSON.parse(
            read(`packages/${dependency.slice("@keepsake/".length)}/package.json`),
          );
          expect([dependency, version]).toEqual([dependency, own.version]);
        }
    },
  );
});
