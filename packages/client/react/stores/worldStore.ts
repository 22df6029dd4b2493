import type { World } from "../../apiTypes.ts";
import type { Client } from "../../client.ts";
import { KeepsakeError } from "../../keepsakeError.ts";
import { createPolledResource, type Resource } from "./polledResource.ts";

/** More are forgotten, the oldest first, when no component shows them. */
const maxWorlds = 50;

const stores = new WeakMap<object, Map<string, Resource<World>>>();

/** A client's world, which all components with that client share. It is polled until all portraits are finished. */
export function worldOf(client: Client, world_id: string): Resource<World> {
  const worlds = stores.get(client) ?? new Map<string, Resource<World>>();
  stores.set(client, worlds);
  const known = worlds.get(world_id);
  if (known) return known;
  const world = createPolledResource<World>({
    load: async (signal) => (await client.getWorld({ world_id }, { signal })).world,
    isPending: ({ pieces }) => pieces.some(({ portrait_status }) => portrait_status === "pending"),
    isGone: (error) => error instanceof KeepsakeError && error.code === "world.not_found",
  });
  worlds.set(world_id, world);
  for (const [id, old] of worlds) if (worlds.size > maxWorlds && !old.isActive()) worlds.delete(id);
  return world;
}
