import { gzipSync } from "node:zlib";
import { type BuildOptions, build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packed } from "./support/packForTests.ts";

let builds: Awaited<ReturnType<typeof packed>>;
beforeAll(async () => {
  builds = await packed();
});
afterAll(() => builds?.remove());

describe("the client in a page, minified and gzipped", () => {
  test("is at most 6 kB when it creates a client and uploads", async () => {
    const { first } = await loads(`
      import { createClient } from "@keepsake/client";
      window.upload = (file) => createClient({ baseUrl: "" }).upload(file);
    `);
    expect(first).toBeLessThan(6_000);
  });

  test("loads 3 kB more with the first photo, 0.8 kB with a stream, and 0.6 kB to wait for an export", async () => {
    const { later } = await loads(`
      import { createClient } from "@keepsake/client";
      window.client = createClient({ baseUrl: "" });
    `);
    expect(later).toEqual({
      stripMetadata: expect.any(Number),
      stream: expect.any(Number),
      waitForExport: expect.any(Number),
    });
    expect(later.stripMetadata).toBeLessThan(3_100);
    expect(later.stream).toBeLessThan(800);
    expect(later.waitForExport).toBeLessThan(600);
  });

  test("leaves out what the page does not import", async () => {
    const page = 'import { srcSet } from "@keepsake/client"; window.srcSet = srcSet;';
    const { code } = await loads(page);
    expect(code).toContain('join(", ")');
    expect(code).not.toMatch(/worlds|uploads|XMLHttpRequest/);
  });
});

/** The bytes of what a page loads first, and of each file that it may load later. */
async function loads(page: string) {
  const options = { bundle: true, splitting: true, minify: true, format: "esm" } as const;
  const { outputFiles, metafile } = await build({
    ...options,
    stdin: { contents: page, resolveDir: "/" },
    alias: Object.fromEntries(builds.packages.map(({ name, folder }) => [name, folder])),
    outdir: "/",
    write: false,
    metafile: true,
  } satisfies BuildOptions);
  const sizes = new Map(outputFiles.map(({ path, contents }) => [path, gzipSync(contents).length]));
  const sizeOf = (path: string) => [...sizes].find(([name]) => path.endsWith(name))?.[1] ?? 0;
  const entry = Object.keys(metafile.outputs).find((path) => path.endsWith("/stdin.js"))!;
  const first = new Set([entry]);
  const later = new Set<string>();
  for (const path of first)
    for (const { path: imported, kind } of metafile.outputs[path]!.imports)
      (kind === "dynamic-import" ? later : first).add(imported);
  return {
    first: [...first].reduce((sum, path) => sum + sizeOf(path), 0),
    code: outputFiles
      .filter(({ path }) => [...first].some((name) => name.endsWith(path)))
      .map(({ text }) => text)
      .join(""),
    later: Object.fromEntries([...later].map((path) => [nameOf(path), sizeOf(path)])),
  };
}

const nameOf = (path: string) => path.split("/").at(-1)!.split("-")[0]!;
