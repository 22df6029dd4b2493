import {
  type QueryClient,
  useIsMutating,
  useMutation,
  useMutationState,
  useQueryClient,
} from "@tanstack/react-query";
import { useSession } from "../../session/SessionProvider.tsx";
import { useCaptionStore } from "../captions/useCaptions.ts";
import { isTemporary } from "../isTemporary.ts";
import { datasetKey } from "../useDataset.ts";
import { datasetsKey } from "../useDatasets.ts";
import { applyChange, type Change } from "./applyChange.ts";
import { sendChange } from "./sendChange.ts";
import { itemsKey, type LoadedItems } from "./useItems.ts";

const changesKey = (dataset_id: string) => ["dataset items", dataset_id];

/** The datasets whose items have to be loaded again once no change of them is in flight. */
const outdated = new WeakMap<QueryClient, Set<string>>();

/**
 * Changes the items of a dataset: shown at once, sent one after the other, also after the page was left. When one
 * fails, the items are loaded again after the last one.
 */
export function useItemChanges(dataset_id: string) {
  const { client } = useSession();
  const queries = useQueryClient();
  const captions = useCaptionStore(dataset_id);
  const mutationKey = changesKey(dataset_id);
  const queryKey = itemsKey(dataset_id);
  const isOutdated = outdated.get(queries) ?? new Set();
  outdated.set(queries, isOutdated);

  const { mutate } = useMutation({
    mutationKey,
    scope: { id: `items of ${dataset_id}` }, // one at a time
    networkMode: "online", // without a connection a change waits for it
    gcTime: Number.POSITIVE_INFINITY, // those that failed are shown when the page is opened again
    mutationFn: async (change: Change) => {
      if (change.type === "remove") await captions.idle(); // a caption that arrives later would bring its image back
      await sendChange(client, dataset_id, change);
    },
    onError: (_error, change) => {
      if (change.type === "remove") captions.resume(change.unsaved);
      isOutdated.add(dataset_id);
    },
    onSettled: () => {
      queries.invalidateQueries({ queryKey: datasetsKey });
      if (queries.isMutating({ mutationKey }) > 1) return; // this one still counts
      queries.invalidateQueries({ queryKey: datasetKey(dataset_id) });
      if (isOutdated.delete(dataset_id)) loadAgain(queries, dataset_id);
    },
  });

  return (change: Change) => {
    if (change.type === "remove") captions.forget(change.image_ids);
    const loaded = queries.getQueryData<LoadedItems>(queryKey);
    if (!loaded?.isComplete || queries.isFetching({ queryKey }) > 0) isOutdated.add(dataset_id);
    if (loaded?.isComplete) {
      queries.cancelQueries({ queryKey });
      const items = applyChange(loaded.items, change);
      queries.setQueryData<LoadedItems>(queryKey, { ...loaded, items });
    }
    const mutations = queries.getMutationCache();
    for (const made of mutations.findAll({ mutationKey, status: "success" }))
      mutations.remove(made);
    mutate(change);
  };
}

/** Whether changes of a dataset's items are in flight. */
export const useIsChanging = (dataset_id: string): boolean =>
  useIsMutating({ mutationKey: changesKey(dataset_id) }) > 0;

/** The changes that failed, also while another page was shown. `retry` is missing when all of them would fail again. */
export function useFailedChanges(dataset_id: string) {
  const change = useItemChanges(dataset_id);
  const mutations = useQueryClient().getMutationCache();
  const failed = useMutationState({
    filters: { mutationKey: changesKey(dataset_id), status: "error" },
    select: (mutation) => mutation,
  });
  const errors = failed.map(({ state }) => state.error);
  const dismiss = () => {
    for (const mutation of failed) mutations.remove(mutation);
  };
  const retry = () => {
    dismiss();
    for (const { state } of failed) change(state.variables as Change);
  };
  return { error: errors[0], dismiss, retry: errors.some(isTemporary) ? retry : undefined };
}

async function loadAgain(queries: QueryClient, dataset_id: string) {
  const queryKey = itemsKey(dataset_id);
  // otherwise its first page may be that of before
  if (!queries.getQueryData(queryKey)) await queries.cancelQueries({ queryKey });
  await queries.invalidateQueries({ queryKey });
}
