import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");

export type Import = {
  /** The importing file, relative to the root. */
  file: string;
  /** What is written between the quotes. */
  specifier: string;
  /** The imported file, relative to the root; undefined for a package of npm or Node. */
  target: string | undefined;
  /** `type` imports do not exist at run time; `dynamic` ones are loaded when they are called. */
  kind: "static" | "dynamic" | "type";
};

/** Every source file that git knows below these folders, relative to the root. */
export function sourceFiles(...folders: string[]): string[] {
  const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", ...folders], {
    cwd: root,
    encoding: "utf8",
  });
  return listed
    .split("\n")
    .filter((file) => /\.(tsx?|mjs)$/.test(file) && existsSync(join(root, file)));
}

const statement = /^(?:import|export)\s+(type\s+)?(?:[\w*{][^;"]*?\sfrom\s+)?"([^"\n]+)"/gm;
const call = /\bimport\(\s*"([^"\n]+)"/g;
const typeQuery = /(?:typeof\s+|:\s*|<)import\(\s*"[^"\n]+"\s*\)/g;

export function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const found = (specifier: string, kind: Import["kind"]): Import => ({
    file,
    specifier,
    target: targetOf(file, specifier),
    kind,
  });
  return [
    ...[...text.matchAll(statement)].map(([, type, specifier = ""]) =>
      found(specifier, type ? "type" : "static"),
    ),
    ...[...text.replace(typeQuery, "").matchAll(call)].map(([, specifier = ""]) =>
      found(specifier, "dynamic"),
    ),
  ];
}

function targetOf(file: string, specifier: string): string | undefined {
  const [, name, path = "index"] = /^@keepsake\/([^/]+)(?:\/(.+))?$/.exec(specifier) ?? [];
  const base = name
    ? join(name === "functions" ? "functions" : `packages/${name}`, path!)
    : specifier.startsWith(".")
      ? relative(root, resolve(root, dirname(file), specifier.replace(/\?.*$/, "")))
      : undefined;
  if (base === undefined) return undefined;
  const endings = ["", ".ts", ".tsx", ".mjs", "/index.ts", "/index.tsx"];
  const isFile = (path: string) =>
    statSync(join(root, path), { throwIfNoEntry: false })?.isFile() === true;
  return endings.map((ending) => base + ending).find(isFile) ?? base;
}

/**
 * What loads when a file is imported: every file and every package, before any tree shaking. With `dynamic`, what may
 * be loaded later too.
 */
export function loadedBy(
  entry: string,
  kinds: Import["kind"][] = ["static"],
): { files: Set<string>; packages: Set<string> } {
  const files = new Set([entry]);
  const packages = new Set<string>();
  for (const file of files) {
    if (!/\.(tsx?|mjs)$/.test(file)) continue;
    for (const { specifier, target, kind } of importsOf(file)) {
      if (!kinds.includes(kind)) continue;
      if (target !== undefined) files.add(target);
      else packages.add(packageName(specifier));
    }
  }
  return { files, packages };
}

/** `@aws-sdk/client-s3/x` → `@aws-sdk/client-s3`; Node's own modules keep their `node:`. */
function packageName(specifier: string): string {
  const [first = "", second = ""] = specifier.split("/");
  return first.startsWith("@") ? `${first}/${second}` : first;
}

/** The import cycles among these files, each as the files on it; `type` imports count too. */
export function cyclesAmong(files: string[]): string[][] {
  const edges = new Map(
    files.map((file) => [file, importsOf(file).flatMap(({ target }) => target ?? [])]),
  );
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, path: string[]) => {
    const at = path.indexOf(file);
    if (at >= 0) return void cycles.push(path.slice(at));
    if (done.has(file)) return;
    for (const target of edges.get(file) ?? [])
      if (edges.has(target)) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  return cycles;
}
