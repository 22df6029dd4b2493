import { join } from "node:path";
import { createVitest, type Reporter, type TestCase, type TestModule } from "vitest/node";

/** Files to run, and those that were changed since the last run. Without `files`, the whole suite runs. */
export type RunMessage = { files?: string[] | undefined; changed: string[] };
/** The first test that failed, with its error; null when all passed. */
export type ResultMessage = { failure: string | null };

/**
 * Runs test files of the repository in the working directory when its parent asks for it, up to the first
 * failure. The embedded backends start once.
 */
async function main() {
  const root = process.cwd();
  let failure: string | null = null;
  const report = (name: string, error: { message?: string } | undefined) => {
    failure ??= `${name}: ${error?.message ?? "failed"}`.replaceAll(/\s+/g, " ").slice(0, 200);
  };
  const reporter: Reporter = {
    onTestCaseResult(test: TestCase) {
      const { state, errors } = test.result();
      if (state === "failed")
        report(`${test.module.relativeModuleId} > ${test.fullName}`, errors?.[0]);
    },
    onTestModuleEnd(module: TestModule) {
      const [error] = module.errors();
      if (error) report(module.relativeModuleId, error);
    },
    onTestSuiteResult(suite) {
      const [error] = suite.errors();
      if (error) report(suite.fullName, error);
    },
    onTestRunEnd(_, errors) {
      if (errors.length > 0) report("outside of tests", errors[0]);
    },
  };
  const vitest = await createVitest("test", {
    root,
    watch: false,
    bail: 1,
    maxWorkers: 2,
    testTimeout: 60_000, // a slow machine catches no mutant
    reporters: [reporter],
  });

  const run = async ({ files, changed }: RunMessage): Promise<ResultMessage> => {
    for (const file of changed) vitest.invalidateFile(join(root, file));
    const wanted = files && new Set(files.map((file) => join(root, file)));
    const all = await vitest.globTestSpecifications();
    failure = null;
    await vitest.runTestSpecifications(all.filter(({ moduleId }) => wanted?.has(moduleId) ?? true));
    return { failure };
  };
  process.on("message", (message: RunMessage) => {
    run(message).then(
      (result) => process.send!(result),
      (error) => {
        throw error;
      },
    );
  });
  process.on("disconnect", () => {
    vitest.close().then(() => process.exit(0));
  });
  process.send!("ready");
}

await main();
