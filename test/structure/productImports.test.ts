import { describe, expect, test } from "vitest";
import { importsOf, sourceFiles } from "./importGraph.ts";

const products = sourceFiles("test/products");

describe("the products that the tests run", () => {
  test("import nothing of Keepsake but the client, and that only in their pages", () => {
    expect(products.length).toBeGreaterThan(5);
    const found = reachedFrom(products).flatMap((file) =>
      importsOf(file).filter(({ specifier, target = "" }) =>
        isPage(file) && specifier === "@keepsake/client"
          ? false
          : /^(packages|functions|infra)\//.test(target) || specifier.startsWith("@keepsake/"),
      ),
    );
    expect(found).toEqual([]);
  });

  test("use no npm package but the browser and the bundler of the shop's test", () => {
    const packages = products.flatMap((file) =>
      importsOf(file)
        .filter(({ specifier }) => !/^(node:|\.|vitest$|@keepsake\/client$)/.test(specifier))
        .map(({ specifier }) => specifier),
    );
    expect(new Set(packages)).toEqual(new Set(["esbuild", "playwright-core"]));
  });
});

const isPage = (file: string) => file.endsWith("/page.ts");

/** These files and what they import, without what the client imports. */
function reachedFrom(entries: string[]): string[] {
  const files = new Set(entries);
  for (const file of files)
    for (const { target } of importsOf(file))
      if (target?.startsWith("test/") && target.endsWith(".ts")) files.add(target);
  return [...files];
}
