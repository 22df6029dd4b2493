import { useMemo, useSyncExternalStore } from "react";
import type { World } from "../apiTypes.ts";
import { useKeepsake } from "./KeepsakeProvider.tsx";
import { initialState, type ResourceState } from "./stores/polledResource.ts";
import { worldOf } from "./stores/worldStore.ts";

export type WorldState = {
  /** It stays when a request fails, except when it was deleted. */
  world: World | undefined;
  /** `loading` until the first response; `failed` when the last request failed, with its `error`. */
  status: "loading" | "ready" | "failed";
  error: Error | undefined;
  /** Loads it again, such as after a portrait was replaced. */
  refresh(): Promise<void>;
};

/**
 * A world whose portraits arrive by themselves: it is loaded again, less and less often, until none is pending, and
 * not while its tab is hidden. Without an id nothing is loaded.
 */
export function useWorld(world_id: string | undefined): WorldState {
  const client = useKeepsake();
  const resource = useMemo(
    () => (world_id === undefined ? nothing : worldOf(client, world_id)),
    [client, world_id],
  );
  const state = useSyncExternalStore(resource.subscribe, resource.getSnapshot, initial);
  return useMemo(() => {
    const { data: world, status, error } = state;
    return { world, status, error, refresh: resource.refresh };
  }, [state, resource]);
}

const initial = (): ResourceState<World> => initialState;

const nothing = { subscribe: () => () => {}, getSnapshot: initial, refresh: async () => {} };
