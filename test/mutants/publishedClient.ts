import type { Mutant } from "./mutant.ts";

/** What only those notice who install the client from npm, or use it with a later release of the API. */
export const publishedClient: Mutant[] = [
  {
    name: "a scoped package is published for its owners only",
    by: "test/packages/publishedPackages.test.ts > for everyone",
    tests: ["test/packages/publishedPackages.test.ts"],
    file: "packages/release/publishedManifest.ts",
    find: 'publishConfig: { access: "public" }',
    replace: 'publishConfig: { access: "restricted" }',
  },
  {
    name: "a bundler keeps every file of the client for its side effects",
    by: "test/packages/clientSize.test.ts > leaves out what the page does not import",
    tests: ["test/packages/clientSize.test.ts"],
    file: "packages/client/batchPieces.ts",
    find: "const reserveBytes = () =>",
    replace: "export const reservedBytes = limits.story_chars * 2;\nconst reserveBytes = () =>",
  },
  {
    name: "an error code of a later release of the API is hidden",
    by: "test/client/retries.test.ts > code of a later release",
    tests: ["test/client/retries.test.ts"],
    file: "packages/client/transport.ts",
    find: "throw new KeepsakeError(error?.code ?? code,",
    replace: "throw new KeepsakeError(code,",
  },
  {
    name: "a limit of requests that passes soon is thrown at once",
    by: "test/client/retries.test.ts > repeats a GET",
    tests: ["test/client/retries.test.ts"],
    file: "packages/client/transport.ts",
    find: "(status === 429 || status === 503)",
    replace: "status === 503",
  },
  {
    name: "an event of a stream is lost when it arrives in two pieces",
    by: "test/client/stream.test.ts > cut in two at any byte",
    tests: ["test/client/stream.test.ts"],
    file: "packages/client/stream.ts",
    find: "rest = lines.pop()!;",
    replace: 'lines.pop();\n    rest = "";',
  },
  {
    name: "an event keeps the data of the one before",
    by: "test/client/stream.test.ts > several events that arrive at once",
    tests: ["test/client/stream.test.ts"],
    file: "packages/client/stream.ts",
    find: '        json = "";\n',
    replace: "",
  },
];
