import type { Mutant } from "./mutant.ts";

const offline = "test/local/oldNode.test.ts > fails, and leaves nothing half done";
const tests = ["test/local/oldNode.test.ts"];

/** What an install brings: Node where it is needed, and the links of a function without the package sst. */
export const installation: Mutant[] = [
  {
    name: "a Node that does not run TypeScript is taken for new enough",
    by: "test/local/oldNode.test.ts > the sources run on the versions of Node",
    tests,
    file: "node/neededVersion.mjs",
    find: "minor >= 19",
    replace: "minor >= 12",
  },
  {
    name: "npm ci succeeds although Node was not downloaded",
    by: offline,
    tests,
    file: "node/installNode.mjs",
    find: "process.exitCode = 1",
    replace: "process.exitCode = 0",
  },
  {
    name: "the folder of a download that failed stays in node_modules",
    by: offline,
    tests,
    file: "node/installNode.mjs",
    find: "fs.rmSync(scratch, { recursive: true, force: true });",
    replace: "",
  },
  {
    name: "a function does not read its encrypted links",
    tests: ["test/infra/lambdaBundles.test.ts"],
    file: "functions/services/sstLinks.ts",
    find: "if (SST_KEY && SST_KEY_FILE)",
    replace: "if (!SST_KEY && SST_KEY_FILE)",
  },
];
