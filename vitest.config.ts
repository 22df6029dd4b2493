import { configDefaults, defineConfig } from "vitest/config";
import { AttackTableReporter } from "./test/security/attackTable.ts";

/** Start whole systems on the default ports, and kill them: no other test may take a port meanwhile. */
const alone = [
  "test/local/start.test.ts",
  "test/local/telegram/telegramCommand.test.ts",
  "test/local/withoutDevPackages.test.ts",
  "test/docs/**/*.test.ts",
  "test/products/**/*.test.ts",
];

/** Install packed packages into projects of their own, and share one `npm start`. */
const examples = ["test/examples/**/*.test.ts"];

/** Installs the benchmark's own packages and runs all of it: nothing else may compute meanwhile. */
const bench = ["test/bench/everyRow.test.ts"];

export default defineConfig({
  test: {
    globalSetup: "test/support/backends.ts",
    reporters: [...configDefaults.reporters, new AttackTableReporter()],
    // errors that tests provoke would bury those they find
    env: { LOG_LEVEL: process.env.LOG_LEVEL ?? "SILENT" },
    silent: "passed-only",
    // on a busy machine: the first test of a file also starts the system and the browser that it uses
    testTimeout: 90_000,
    hookTimeout: 90_000,
    expect: { poll: { timeout: 30_000 } },
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: "product",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...alone, ...examples, ...bench],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: "start", include: alone, sequence: { groupOrder: 1 }, maxWorkers: 1 },
      },
      {
        test: {
          name: "examples",
          include: examples,
          globalSetup: "test/examples/support/packAndStartSystem.ts",
          sequence: { groupOrder: 2 },
          maxWorkers: 2,
          testTimeout: 30_000,
          hookTimeout: 120_000,
        },
      },
      { test: { name: "bench", include: bench, sequence: { groupOrder: 3 }, maxWorkers: 1 } },
    ],
  },
});
