import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { queues } from "@keepsake/contract/queues";
import { routes } from "@keepsake/contract/routes";
import { schedules } from "@keepsake/contract/schedules";
import { streams } from "@keepsake/contract/streams";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** Who may import whom. A part always may import itself. */
const allowed: Record<string, string[]> = {
  contract: [],
  core: ["contract"],
  adapters: ["contract", "core"],
  client: ["contract"],
  functions: ["contract", "core", "adapters"],
  studio: ["contract", "client"],
  infra: ["contract", "studio"],
  local: ["contract", "adapters", "client", "functions", "studio"],
  ops: ["contract", "core", "adapters", "functions", "local"],
};

const files = ["packages", "functions", "infra"]
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((f) =>
      join(folder, f),
    ),
  )
  .filter((file) => /\.tsx?$/.test(file) && !file.includes("node_modules"));

const imports = files.flatMap((file) =>
  [...readFileSync(join(root, file), "utf8").matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(
    ([, to = ""]) => ({ file, part: partOf(file), to, target: targetOf(file, to) }),
  ),
);

describe("the parts", () => {
  test("import each other in one direction only", () => {
    expect(imports.length).toBeGreaterThan(100);
    const wrong = imports.filter(
      ({ part, target }) =>
        target !== undefined && target !== part && !allowed[part]!.includes(target),
    );
    expect(wrong).toEqual([]);
  });

  test("keep the outside world outside of the core", () => {
    const outside = /^(@aws-sdk|sst|@middy|aws-lambda|@types\/aws-lambda|miniflare)/;
    expect(imports.filter(({ part, to }) => part === "core" && outside.test(to))).toEqual([]);
    const reading = files.filter(
      (file) =>
        /^packages\/(core|contract|client|adapters|studio\/(?!build\.ts|vite\.config\.ts))/.test(
          file,
        ) && readFileSync(join(root, file), "utf8").includes("process.env"),
    );
    expect(reading).toEqual([]);
  });

  test("read links in one place", () => {
    const readers = imports.filter(
      ({ part, to }) => to === "sst" && part !== "local" && part !== "infra",
    );
    expect(readers.map(({ file }) => file).sort()).toEqual([
      "functions/services/services.ts",
      "packages/ops/links.ts",
    ]);
  });

  test("let infra read the contract without running any of it", () => {
    const read = imports.filter(({ part, target }) => part === "infra" && target === "contract");
    const plain = /\/(routes|queues|schedules|streams|uploads|platformHosts)\.ts$/;
    expect(read.filter(({ to }) => !plain.test(to))).toEqual([]);
    for (const file of ["routes", "queues", "schedules", "streams", "uploads", "platformHosts"])
      expect(imports.filter((i) => i.file === `packages/contract/${file}.ts`)).toEqual([]);
  });

  test("know of the page where it is and what it may do, and no more", () => {
    const read = (by: string) => imports.filter((i) => i.part === by && i.target === "studio");
    expect(read("infra").filter(({ to }) => !/\/(settings|headers)\.ts$/.test(to))).toEqual([]);
    expect(read("local").filter(({ to }) => !/\/(settings|headers|build)$/.test(to))).toEqual([]);
    const [types, ...more] = imports.filter(({ file }) =>
      /studio\/(settings|headers)\./.test(file),
    );
    expect([types?.to, more]).toEqual(["./settings.ts", []]);
  });
});

test("every function is a route, a consumer, a schedule or the answer to no route", () => {
  const deployed = readdirSync(join(root, "functions"))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.replace(".ts", ""));
  const named = [
    ...Object.keys(routes),
    ...Object.values(queues).map(({ consumer }) => consumer),
    ...Object.keys(schedules),
    ...Object.keys(streams),
    "notFound",
  ];
  expect(deployed.sort()).toEqual(named.sort());
});

function partOf(file: string) {
  const [first, second] = file.split("/");
  return first === "packages" ? second! : first!;
}

/** The part that an import reaches; undefined for what npm or Node provide. */
function targetOf(file: string, to: string) {
  const [, name] = /^@keepsake\/([^/]+)/.exec(to) ?? [];
  if (name) return name;
  if (!to.startsWith(".")) return undefined;
  const target = relative(root, resolve(root, dirname(file), to));
  return target.startsWith(".sst") ? undefined : partOf(target);
}
