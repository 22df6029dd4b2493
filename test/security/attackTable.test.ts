import { expect, test } from "vitest";
import { attackTable, type TestRun } from "./attackTable.ts";

const run = (file: string, name: string, cases = 1, passed = true): TestRun => ({
  file,
  name,
  cases,
  passed,
});

const runs = [
  run("a.test.ts", "the API rejects a space", 3),
  run("a.test.ts", "the API rejects a NUL", 1_000),
  run("a.test.ts", "the API accepts a world"),
  run("b.test.ts", "the API rejects a space", 7, false),
];
const rejected = { attack: "spaces", defence: "a schema", tests: { "a.test.ts": ["API rejects"] } };
const everywhere = {
  attack: "all",
  defence: "all",
  tests: { "a.test.ts": ["a space"], "b.test.ts": ["a space"] },
};

test("the table of attacks counts the cases of each class's tests, and in total each test once", () => {
  expect(attackTable([rejected, everywhere], runs).split("\n").slice(2)).toEqual([
    '| spaces | a schema | `a.test.ts` "API rejects" | 1,003 | 1,003 |',
    '| all | all | `a.test.ts` "a space"; `b.test.ts` "a space" | 10 | 3 |',
    "| **all 2** |  | 3 tests | 1,010 | 1,003 |",
  ]);
});

test("the table of attacks names no test that does not exist", () => {
  const renamed = { ...rejected, tests: { "a.test.ts": ["API rejects", "API refuses"] } };
  expect(() => attackTable([renamed], runs)).toThrow(
    'attackClasses.ts names a test that test/a.test.ts does not have: "API refuses"',
  );
});
