import { createRequire } from "node:module";
import { dirname } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

test("the hooks and components are at most 8 kB more than the client, gzipped", async () => {
  const client = await size(`export { createClient } from "@keepsake/client";`);
  const all = await size(
    `export { createClient } from "@keepsake/client"; export * from "@keepsake/client/react";`,
  );
  expect(all - client).toBeGreaterThan(1_000);
  expect(all - client).toBeLessThanOrEqual(8_000);
});

/** What a page loads first, without React. */
async function size(contents: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: dirname(require.resolve("@keepsake/client")) },
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    outdir: "/size",
    jsx: "automatic",
    external: ["react", "react/jsx-runtime"],
    write: false,
  });
  const texts = new Map(outputFiles.map(({ path, text }) => [path.split("/").at(-1)!, text]));
  const first = new Set(["stdin.js"]);
  for (const name of first)
    for (const [, imported] of texts.get(name)!.matchAll(/(?:from|import)\s*"\.\/([\w-]+\.js)"/g))
      first.add(imported!);
  return [...first].reduce((sum, name) => sum + gzipSync(texts.get(name)!).length, 0);
}

const require = createRequire(import.meta.url);
