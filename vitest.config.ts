import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/support/parts.ts",
    // errors that tests provoke would bury those they find
    env: { POWERTOOLS_LOG_LEVEL: process.env.POWERTOOLS_LOG_LEVEL ?? "SILENT" },
    silent: "passed-only",
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
