import type { Client } from "@keepsake/client";
import type { QueryClient } from "@tanstack/react-query";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { useSession } from "../../session/SessionProvider.tsx";
import { idOf } from "../items/applyChange.ts";
import { itemsKey, type LoadedItems, loadItems } from "../items/useItems.ts";
import { datasetKey } from "../useDataset.ts";
import { type CaptionStore, createCaptionStore, type TypedCaption } from "./captionStore.ts";
import { goneCaptionsKey } from "./GoneCaptions.tsx";
import {
  deleteStoredCaption,
  deleteStoredCaptionsOf,
  storeCaption,
  storedCaptions,
} from "./storedCaptions.ts";

type Session = { client: object; id: string };

/** By client, then by dataset: captions are saved in the background also when another page is shown. */
const stores = new WeakMap<object, Map<string, CaptionStore>>();
const resumed = new WeakSet<object>();

export function useCaptionStore(dataset_id: string): CaptionStore {
  return storeOf(useSession(), useQueryClient(), dataset_id);
}

/** The caption of one item that was typed and not saved, or saved a moment ago. */
export function useTypedCaption(store: CaptionStore, image_id: string): TypedCaption | undefined {
  return useSyncExternalStore(store.subscribe, () => store.get(image_id));
}

/** How many captions are not saved yet, and how many of them have failed. */
export function useUnsavedCaptions(store: CaptionStore) {
  return {
    unsaved: useSyncExternalStore(store.subscribe, store.unsavedCount),
    failed: useSyncExternalStore(store.subscribe, store.failedCount),
  };
}

/** Saves what an earlier visit typed and could not save, in every dataset. */
export function useResumedCaptions() {
  const session = useSession();
  const queries = useQueryClient();
  useEffect(() => {
    if (resumed.has(session.client)) return;
    resumed.add(session.client);
    resumeStored(session, queries);
  }, [session, queries]);
}

function resumeStored(session: Session, queries: QueryClient) {
  const byDataset = Object.groupBy(storedCaptions(session.id), ({ dataset_id }) => dataset_id);
  for (const [dataset_id, captions = []] of Object.entries(byDataset)) {
    const typed = captions.map(({ image_id, caption }) => ({ image_id, caption: caption || null }));
    storeOf(session, queries, dataset_id).resume(typed);
  }
}

/** Sends all captions that are not saved once more. Resolves to how many are still not saved. */
export async function saveAllCaptions(session: Session, queries: QueryClient): Promise<number> {
  resumeStored(session, queries);
  const ofClient = stores.get(session.client) ?? new Map<string, CaptionStore>();
  let unsaved = 0;
  for (const store of ofClient.values()) store.retry();
  for (const store of ofClient.values()) {
    await store.idle();
    unsaved += store.unsavedCount();
  }
  return unsaved;
}

/** Forgets the captions of a dataset that was deleted, here and in what this browser stores. */
export function forgetCaptions({ client, id }: Session, dataset_id: string) {
  stores.get(client)?.get(dataset_id)?.forgetAll();
  deleteStoredCaptionsOf(id, dataset_id);
}

function storeOf({ client, id }: Session, queries: QueryClient, dataset_id: string): CaptionStore {
  const ofClient = stores.get(client) ?? new Map<string, CaptionStore>();
  stores.set(client, ofClient);
  const known = ofClient.get(dataset_id);
  if (known) return known;
  const api = client as Client;
  const store = createCaptionStore({
    loadImageIds: async () => new Set((await loadItems(api, dataset_id)).map(idOf)),
    send: async (items) => {
      const { dataset } = await api.putDatasetItems({ dataset_id, items });
      queries.setQueryData(datasetKey(dataset_id), dataset);
    },
    keep: (image_id, caption) => storeCaption(id, { dataset_id, image_id, caption }),
    discard: (image_id) => deleteStoredCaption(id, { dataset_id, image_id }),
    onGone(count) {
      queries.setQueryData<number>(goneCaptionsKey, (before = 0) => before + count);
      queries.invalidateQueries({ queryKey: datasetKey(dataset_id) });
    },
    onSaved(captions) {
      const saved = new Map(captions.map(({ image_id, caption }) => [image_id, caption]));
      const queryKey = itemsKey(dataset_id);
      queries.setQueryData<LoadedItems>(
        queryKey,
        (loaded) =>
          loaded && {
            ...loaded,
            items: loaded.items.map((item) => {
              const caption = saved.get(item.image.image_id);
              return caption === undefined ? item : { ...item, caption };
            }),
          },
      );
      // what is being loaded at this moment may hold the captions of before
      if (queries.isFetching({ queryKey }) > 0) queries.invalidateQueries({ queryKey });
    },
  });
  ofClient.set(dataset_id, store);
  return store;
}
