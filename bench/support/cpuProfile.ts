import { type Profiler, Session } from "node:inspector/promises";

export type ProfileLine = { where: string; ms: number; share: number };

const session = new Session();

/** Starts V8's CPU profile of this process: as `node --cpu-prof`, but without the start of Node. */
export async function startProfile() {
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.start");
}

/** Where the main thread's time went since then, by package, largest first, without idle time. */
export async function stopProfile(): Promise<ProfileLine[]> {
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  const places = new Map(profile.nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
  const times = new Map<string, number>();
  for (const [index, id] of profile.samples!.entries()) {
    const place = places.get(id)!;
    const ms = profile.timeDeltas![index]! / 1_000;
    if (place !== "(idle)") times.set(place, (times.get(place) ?? 0) + ms);
  }
  const total = [...times.values()].reduce((sum, ms) => sum + ms, 0);
  return [...times]
    .map(([where, ms]) => ({ where, ms, share: ms / total }))
    .sort((a, b) => b.ms - a.ms)
    .slice(0, 12);
}

function placeOf({ functionName, url }: Profiler.ProfileNode["callFrame"]) {
  if (functionName === "(idle)") return functionName;
  if (functionName === "(garbage collector)") return "collecting garbage";
  if (functionName === "(program)") return "native code outside of any function";
  const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (name !== undefined) return name;
  if (url.startsWith("node:internal/deps/undici")) return "Node's fetch";
  if (url.startsWith("node:")) return `Node: ${/^node:(?:internal\/)?(\w+)/.exec(url)?.[1]}`;
  const [, folder] = /\/(packages\/[^/]+|functions|bench)\//.exec(url) ?? [];
  return folder ?? (url === "" ? `native ${functionName}` : "the bundle");
}
