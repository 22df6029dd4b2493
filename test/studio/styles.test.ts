import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const studio = resolve(import.meta.dirname, "../../packages/studio");

test("every class that a component uses is in its CSS module", () => {
  const used = filesOf(".tsx").flatMap((file) =>
    [...read(file).matchAll(/import (\w+) from "(\S+\.module\.css)"/g)].flatMap(
      ([, styles, module = ""]) => {
        const css = read(join(dirname(file), module));
        const uses = read(file).matchAll(new RegExp(`\\b${styles}\\.(?!module\\.css)(\\w+)`, "g"));
        return [...uses].map(([use, name]) => ({
          use: `${relative(studio, file)}: ${use}`,
          isDefined: new RegExp(`\\.${name}\\b`).test(css),
        }));
      },
    ),
  );
  expect(used.length).toBeGreaterThan(100);
  expect(used.filter(({ isDefined }) => !isDefined)).toEqual([]);
});

test("colours are in tokens.css alone", () => {
  const colours = /#[0-9a-f]{3,8}\b|\b(rgba?|hsla?|hwb|oklab|oklch)\(/i;
  const found = filesOf(".css").filter((file) => colours.test(read(file)));
  expect(found.map((file) => relative(studio, file))).toEqual(["styles/tokens.css"]);
});

test("the layers have the same order whichever stylesheet is loaded first", () => {
  const layered = filesOf(".css").filter((file) => /@layer/.test(read(file)));
  expect(layered.length).toBeGreaterThan(10);
  const order = (file: string) => /^ *@layer[^;{]*[;{]/m.exec(read(file))?.[0];
  for (const file of layered)
    expect([relative(studio, file), order(file)]).toEqual([
      relative(studio, file),
      "@layer base, ui;",
    ]);
});

const read = (file: string) => readFileSync(file, "utf8");

const filesOf = (extension: string) =>
  readdirSync(studio, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(extension) && !file.includes("node_modules"))
    .map((file) => join(studio, file));
