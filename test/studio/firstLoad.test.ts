import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, inject, test } from "vitest";

const read = (file: string) => readFileSync(join(inject("studio"), file), "utf8");

test("the first load is under 150 kB of JavaScript, gzipped", () => {
  const scripts = scriptsOf(read("index.html"));
  const bytes = [...scripts].map((file) => gzipSync(read(file)).length);
  expect(bytes.length).toBeGreaterThan(0);
  expect(bytes.reduce((sum, n) => sum + n)).toBeLessThan(150_000);
});

test("the first load has no OpenID Connect code, and no chunk has schemas", () => {
  const first = [...scriptsOf(read("index.html"))].map(read).join();
  const all = readdirSync(join(inject("studio"), "assets"))
    .filter((file) => file.endsWith(".js"))
    .map((file) => read(`assets/${file}`))
    .join();
  expect(all).toContain("code_verifier");
  expect(first).not.toContain("code_verifier");
  expect(all).not.toMatch(/ZodError|\$ZodType/);
});

test("index.html has no inline style, script or handler, which its policy forbids", () => {
  const html = read("index.html");
  expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/);
  const external = [...html.matchAll(/<script([^>]*)>/g)].filter(([, attributes = ""]) =>
    attributes.includes("src="),
  );
  expect(html.match(/<script/g)).toHaveLength(external.length + 1); // one more: the settings, which are data
  expect(html).toContain('<script type="application/json" id="settings">');
});

/** The scripts of the first load: those in the HTML and all that they import statically. */
function scriptsOf(html: string): Set<string> {
  const scripts = new Set<string>();
  const follow = (file: string) => {
    if (scripts.has(file)) return;
    scripts.add(file);
    for (const [, name] of read(file).matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g))
      follow(`assets/${name}`);
  };
  for (const [, file] of html.matchAll(/(?:src|href)="\/(assets\/[\w.-]+\.js)"/g)) follow(file!);
  return scripts;
}
