import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cyclesAmong, importsOf, root, sourceFiles } from "./importGraph.ts";

/** Which package may import which. Each may import itself. */
const allowed: Record<string, string[]> = {
  contract: [],
  core: ["contract"],
  adapters: ["contract", "core"],
  client: ["contract"],
  functions: ["contract", "core", "adapters"],
  studio: ["contract", "client"],
  uppy: ["client"],
  infra: ["contract", "studio"],
  plan: ["node"],
  release: ["contract"],
  local: ["node", "contract", "client", "core", "adapters", "functions", "studio"],
  ops: ["node", "contract", "core", "adapters", "functions"],
};

const files = sourceFiles("packages", "functions", "infra");
const imports = files.flatMap((file) =>
  importsOf(file).map((each) => ({
    ...each,
    from: packageOf(file),
    to:
      each.target === undefined || each.target.startsWith(".sst")
        ? undefined
        : packageOf(each.target),
  })),
);

describe("packages", () => {
  test("import each other in one direction only", () => {
    expect(imports.length).toBeGreaterThan(500);
    const forbidden = imports.filter(
      ({ from, to }) => to !== undefined && to !== from && !allowed[from]?.includes(to),
    );
    expect(forbidden).toEqual([]);
  });

  test("have no import cycle, and neither have tests and benchmarks", () => {
    expect(cyclesAmong([...files, ...sourceFiles("test", "bench")])).toEqual([]);
  });

  test("have no cycle among the rooms of the core", () => {
    const between = imports
      .filter(({ from, to }) => from === "core" && to === "core")
      .map(({ file, target }) => [roomOf(file), roomOf(target!)] as const)
      .filter(([from, to]) => from !== to);
    const reached = (room: string, seen = new Set<string>()): Set<string> => {
      for (const [from, to] of between)
        if (from === room && !seen.has(to)) reached(to, seen.add(to));
      return seen;
    };
    const rooms = new Set(between.map(([from]) => from));
    expect([...rooms].filter((room) => reached(room).has(room))).toEqual([]);
  });

  test("import only files that exist", () => {
    const existing = new Set(sourceFiles("."));
    const missing = imports.filter(
      ({ target }) => target !== undefined && /\.(tsx?|mjs)$/.test(target) && !existing.has(target),
    );
    expect(missing.filter(({ target }) => !target!.startsWith(".sst"))).toEqual([]);
  });
});

describe("the core", () => {
  test("does not know events, AWS or SST", () => {
    const outside = /^(@aws-sdk|@smithy|sst|@middy|aws-lambda|@types\/aws-lambda|miniflare)/;
    const found = imports.filter(
      ({ from, specifier }) => from === "core" && outside.test(specifier),
    );
    expect(found).toEqual([]);
  });

  test("reads no environment variable, and neither do contract, client, adapters and the page", () => {
    const pure =
      /^packages\/(core|contract|client|adapters|studio\/(?!build\.ts|vite\.config\.ts))/;
    const reading = files.filter(
      (file) => pure.test(file) && readFileSync(join(root, file), "utf8").includes("process.env"),
    );
    expect(reading).toEqual([]);
  });
});

test("links are read by the services of the functions and the operator's tools only", () => {
  const readers = imports.filter(({ target }) => target === "functions/services/sstLinks.ts");
  const elsewhere = readers.filter(
    ({ file }) => !/^functions\/services\/\w+\.ts$|^packages\/ops\/\w+\.(ts|mjs)$/.test(file),
  );
  expect(readers.length).toBeGreaterThan(5);
  expect(elsewhere).toEqual([]);
});

test("the package sst, which brings its CLI, is loaded by infra and the plan only", () => {
  const loaded = imports.filter(({ specifier, kind }) => specifier === "sst" && kind !== "type");
  expect(loaded.filter(({ from }) => !["infra", "plan"].includes(from))).toEqual([]);
});

test("infra reads the contract's plain tables, which import nothing", () => {
  const read = imports.filter(({ from, to }) => from === "infra" && to === "contract");
  const plain =
    /^packages\/contract\/(databaseUrl|htmlPages|limits|metrics|portraitProviders|routes|queues|rehostHosts|schedules|streamingFunctions|uploadTypesAndHeaders|discordOrigins)\.ts$/;
  expect(read.filter(({ target }) => !plain.test(target!))).toEqual([]);
  expect(imports.filter(({ file }) => plain.test(file))).toEqual([]);
});

test("infra and the local system import only these files of Studio: settings, securityHeaders, build, signInServer", () => {
  const read = (by: string) =>
    imports.filter(({ from, to }) => from === by && to === "studio").map(({ target }) => target!);
  const studio = (names: string) => new RegExp(`^packages/studio/(${names})\\.ts$`);
  expect(
    read("infra").filter((target) => !studio("settings|securityHeaders").test(target)),
  ).toEqual([]);
  const local = studio("settings|securityHeaders|build|signInServer");
  expect(read("local").filter((target) => !local.test(target))).toEqual([]);
  const own = imports.filter(({ file }) => /studio\/(settings|securityHeaders)\./.test(file));
  expect(own.map(({ specifier }) => specifier)).toEqual(["./settings.ts"]);
});

/** `packages/core/x.ts` → `core`; `functions/x.ts` → `functions`. */
function packageOf(file: string): string {
  const [first = "", second = ""] = file.split("/");
  return first === "packages" ? second : first;
}

/** `packages/core/worlds/worlds.ts` → `worlds`; a file directly in core is a room of its own. */
const roomOf = (file: string) => file.split("/")[2]!;
