import { join } from "node:path";
import { createVitest, type Reporter, type TestCase, type TestModule } from "vitest/node";

/**
 * Test files to run, or the tests of a file whose name has a part: `file > part`. Without `tests`, the whole
 * suite runs. `changed` lists the files that were changed since the last run.
 */
export type RunMessage = { tests?: string[] | undefined; changed: string[] };
/** The first test that failed, with its error; null when all passed. `error` says why they could not run. */
export type ResultMessage = { failure: string | null; error?: string };

/**
 * Runs test files of the repository in the working directory when its parent asks for it, up to the first
 * failure. The embedded backends start once.
 */
async function main() {
  const root = process.cwd();
  let failure: string | null = null;
  let passed = 0;
  let wasInterrupted = false;
  const report = (name: string, error: { message?: string } | undefined) => {
    failure ??= `${name}: ${error?.message ?? "failed"}`.replaceAll(/\s+/g, " ").slice(0, 200);
  };
  const reporter: Reporter = {
    onTestCaseResult(test: TestCase) {
      const { state, errors } = test.result();
      if (state === "passed") passed += 1;
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
    onTestRunEnd(_, errors, reason) {
      if (errors.length > 0) report("outside of tests", errors[0]);
      wasInterrupted = reason === "interrupted";
    },
  };
  const vitest = await createVitest("test", {
    root,
    watch: false,
    bail: 1,
    maxWorkers: 2,
    testTimeout: 40_000, // a slow machine catches no mutant
    reporters: [reporter],
  });

  const files = await vitest.globTestSpecifications();
  const specificationsOf = (tests: string[]) => {
    const parts = Map.groupBy(tests, (test) => join(root, test.split(" > ")[0]!));
    return files
      .filter(({ moduleId }) => parts.has(moduleId))
      .map(({ project, moduleId }) => {
        const names = parts.get(moduleId)!.map((test) => test.split(" > ")[1]);
        if (names.includes(undefined)) return project.createSpecification(moduleId);
        const testNamePattern = new RegExp(names.map((name) => escaped(name!)).join("|"));
        return project.createSpecification(moduleId, { testNamePattern });
      });
  };

  const run = async ({ tests, changed }: RunMessage): Promise<ResultMessage> => {
    for (const file of changed) vitest.invalidateFile(join(root, file));
    failure = null;
    // the first failure ends a run, sometimes before it is reported: then the tests run again
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      passed = 0;
      await vitest.runTestSpecifications(tests ? specificationsOf(tests) : files);
      if (failure !== null || !wasInterrupted) break;
    }
    if (failure === null && passed === 0) throw new Error(`No test ran: ${tests}`);
    return { failure };
  };
  process.on("message", (message: RunMessage) => {
    run(message).then(
      (result) => process.send!(result),
      (error) => process.send!({ failure: null, error: String(error) } satisfies ResultMessage),
    );
  });
  process.on("disconnect", () => {
    vitest.close().then(() => process.exit(0));
  });
  process.send!("ready");
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

await main();
