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

test("signing in elsewhere is not in it, and schemas are nowhere", () => {
  const first = [...scriptsOf(read("index.html"))].map(read).join();
  const all = readdirSync(join(inject("studio"), "assets"))
    .filter((file) => file.endsWith(".js"))
    .map((file) => read(`assets/${file}`))
    .join();
  expect(all).toContain("code_verifier");
  expect(first).not.toContain("code_verifier");
  expect(all).not.toMatch(/ZodError|\$ZodType/);
});

test("nothing in the page needs more than its policy allows", () => {
  const html = read("index.html");
  expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/);
  const inline = [...html.matchAll(/<script([^>]*)>/g)].filter(([, attributes = ""]) =>
    attributes.includes("src="),
  );
  expect(html.match(/<script/g)).toHaveLength(inline.length + 1); // the settings, which are data
  expect(html).toContain('<script type="application/json" id="settings">');
});

/** The scripts that a browser runs before anything is asked of it. */
function scriptsOf(html: string): Set<string> {
  const found = new Set<string>();
  const follow = (file: string) => {
    if (found.has(file)) return;
    found.add(file);
    for (const [, name] of read(file).matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g))
      follow(`assets/${name}`);
  };
  for (const [, file] of html.matchAll(/(?:src|href)="\/(assets\/[\w.-]+\.js)"/g)) follow(file!);
  return found;
}
