import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ProfileLine } from "./row.ts";

type CpuProfile = {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number; columnNumber: number };
  }[];
  samples: number[];
  timeDeltas: number[];
};

/**
 * What `node --cpu-prof` wrote into a directory: where the main thread's time went, by package, largest
 * first. What it did not use is left out.
 */
export function profileIn(directory: string, most = 14): ProfileLine[] {
  const [file = ""] = readdirSync(directory).filter((name) => name.endsWith(".cpuprofile"));
  const { nodes, samples, timeDeltas }: CpuProfile = JSON.parse(
    readFileSync(join(directory, file), "utf8"),
  );
  const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
  const spent = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const place = places.get(id)!;
    if (place !== "(idle)")
      spent.set(place, (spent.get(place) ?? 0) + (timeDeltas[index] ?? 0) / 1_000);
  }
  const total = [...spent.values()].reduce((sum, ms) => sum + ms, 0);
  return [...spent]
    .map(([where, ms]) => ({ where, ms, share: ms / total }))
    .sort((a, b) => b.ms - a.ms)
    .slice(0, most);
}

function placeOf({ functionName, url }: CpuProfile["nodes"][number]["callFrame"]) {
  if (functionName === "(idle)") return functionName;
  if (functionName === "(garbage collector)") return "garbage collection";
  if (functionName === "(program)") return "native code outside of JavaScript";
  const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (name !== undefined) return name;
  if (url.startsWith("node:internal/deps/undici")) return "node: fetch";
  if (url.startsWith("node:"))
    return `node: ${url.replace(/^node:(internal\/)?/, "").split("/")[0]}`;
  const [, own] = /\/(packages\/[^/]+|functions|bench)\//.exec(url) ?? [];
  if (own !== undefined) return own;
  return url === "" ? `native: ${functionName}` : "the bundle";
}
