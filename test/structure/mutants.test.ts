import { existsSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { nearTests } from "../mutants/mutant.ts";
import { classes } from "../mutants/mutantClasses.ts";
import { root } from "./importGraph.ts";

const mutants = Object.values(classes).flat();

describe("the list of mutants", () => {
  test("has at least 150, each with a name of its own", () => {
    const names = mutants.map(({ name }) => name);
    expect(names.length).toBeGreaterThanOrEqual(150);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  test("changes text that occurs exactly once in its file", () => {
    const others = mutants.filter(({ file, find }) => textOf(file).split(find).length !== 2);
    expect(others.map(({ name, file }) => `${name} (${file})`)).toEqual([]);
  });

  test("changes something, and leaves TypeScript that can be read", () => {
    for (const { name, file, find, replace } of mutants) {
      const original = textOf(file);
      const mutated = original.replace(find, () => replace);
      expect(mutated, name).not.toBe(original);
      if (file.endsWith(".ts")) expect(() => stripTypeScriptTypes(mutated), name).not.toThrow();
    }
  });

  test("names test files that exist", () => {
    const files = new Set(
      mutants.flatMap((mutant) => [...nearTests(mutant), ...(mutant.by?.split(" > ", 1) ?? [])]),
    );
    expect([...files].filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

/** Empty for a file that does not exist: then the mutant is listed like one whose text is gone. */
const textOf = (file: string) =>
  existsSync(join(root, file)) ? readFileSync(join(root, file), "utf8") : "";
