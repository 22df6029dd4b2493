import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, inject, test } from "vitest";

const root = (file: string) => join(import.meta.dirname, "../..", file);
const read = (file: string) => readFileSync(join(inject("studio"), file), "utf8");

test("the first load is under 120 kB of JavaScript, gzipped", () => {
  const scripts = scriptsOf(read("index.html"));
  const bytes = [...scripts].map((file) => gzipSync(read(file)).length);
  expect(bytes.length).toBeGreaterThan(0);
  expect(bytes.reduce((sum, n) => sum + n)).toBeLessThan(120_000);
});

test("a section is in few files, and they load beside the first ones", () => {
  const html = read("index.html");
  const first = scriptsOf(html);
  const entry = [...html.matchAll(/<script[^>]*src="\/(assets\/[\w.-]+\.js)"/g)].map(
    ([, file]) => file!,
  );
  expect(entry).toHaveLength(1);
  // nothing is loaded and run before it asks for the section
  expect(read(entry[0]!)).not.toMatch(/(from|import)\s*"\.\//);
  expect(gzipSync(read(entry[0]!)).length).toBeLessThan(3_000);
  const sections = [...read(entry[0]!).matchAll(/import\(`\.\/([\w.-]+Page-[\w.-]+\.js)`\)/g)];
  expect(sections.length).toBeGreaterThan(4);
  for (const [, section] of sections) {
    const files = [...importsOf(`assets/${section}`)].filter((file) => !first.has(file));
    expect(files.length, section).toBeLessThanOrEqual(4);
  }
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

test("the first load has nothing of the pages of datasets", () => {
  const first = [...scriptsOf(read("index.html"))].map(read).join();
  const all = readdirSync(join(inject("studio"), "assets"))
    .filter((file) => file.endsWith(".js"))
    .map((file) => read(`assets/${file}`))
    .join();
  for (const text of ["aria-rowindex", "Trigger word"])
    expect([text, all.includes(text), first.includes(text)]).toEqual([text, true, false]);
});

test("the first load has the icons that the page draws, and no others of their collection", () => {
  const { icons }: { icons: Record<string, { body: string }> } = JSON.parse(
    readFileSync(root("node_modules/@iconify-json/lucide/icons.json"), "utf8"),
  );
  const first = [...scriptsOf(read("index.html"))].map(read).join();
  const contained = Object.values(icons).filter(({ body }) => {
    const paths = [...body.matchAll(/ d="([^"]{30,})"/g)];
    return paths.length > 0 && paths.every(([, path = ""]) => first.includes(path));
  });
  const drawn = readFileSync(root("packages/studio/ui/icons.tsx"), "utf8").match(/\?icon=/g);
  expect(contained.length).toBeGreaterThan(15);
  expect(contained.length).toBeLessThanOrEqual(drawn?.length ?? 0);
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
const scriptsOf = (html: string): Set<string> =>
  [...html.matchAll(/(?:src|href)="\/(assets\/[\w.-]+\.js)"/g)].reduce(
    (scripts, [, file]) => scripts.union(importsOf(file!)),
    new Set<string>(),
  );

/** A script and all that it imports statically. */
function importsOf(file: string): Set<string> {
  const scripts = new Set([file]);
  for (const script of scripts)
    for (const [, name] of read(script).matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g))
      scripts.add(`assets/${name}`);
  return scripts;
}
