import { useMemo, useSyncExternalStore } from "react";
import { useSession } from "../../session/SessionProvider.tsx";
import { generatedStoreOf } from "./generatedStore.ts";

/** The characters that were generated for a world and are not added to it. */
export function useGeneratedCharacters(world_id: string) {
  const { client, id: owner } = useSession();
  const store = useMemo(
    () => generatedStoreOf({ client, owner, world_id }),
    [client, owner, world_id],
  );
  const state = useSyncExternalStore(store.subscribe, store.getSnapshot);
  return { ...store, ...state };
}

export type GeneratedCharacters = ReturnType<typeof useGeneratedCharacters>;
