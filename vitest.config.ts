import { configDefaults, defineConfig } from "vitest/config";
import { AttackTableReporter } from "./test/security/attackTable.ts";

/** Start whole systems on the default ports, and kill them: no other test may take a port meanwhile. */
const alone = [
  "test/local/start.test.ts",
  "test/local/withoutDevPackages.test.ts",
  "test/docs/**/*.test.ts",
  "test/products/**/*.test.ts",
];

export default defineConfig({
  test: {
    globalSetup: "test/support/backends.ts",
    reporters: [...configDefaults.reporters, new AttackTableReporter()],
    // errors that tests provoke would bury those they find
    env: { LOG_LEVEL: process.env.LOG_LEVEL ?? "SILENT" },
    silent: "passed-only",
    testTimeout: 20_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: "product",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...alone],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: "start", include: alone, sequence: { groupOrder: 1 }, maxWorkers: 1 },
      },
    ],
  },
});
