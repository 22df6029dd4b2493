import type { Client } from "@keepsake/client";
import type { DatasetItem } from "@keepsake/contract/api/datasets";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useSession } from "../../session/SessionProvider.tsx";

export type LoadedItems = {
  items: DatasetItem[];
  /** False while further pages are being loaded for the first time. */
  isComplete: boolean;
};

export const itemsKey = (dataset_id: string) => ["dataset items", dataset_id];

const minute = 60_000;

/** All items of a dataset in their order. Those of the first page are shown while the others are loaded. */
export function useItems(dataset_id: string) {
  const { client } = useSession();
  const queries = useQueryClient();
  const queryKey = itemsKey(dataset_id);
  return useQuery({
    queryKey,
    queryFn: async ({ signal }): Promise<LoadedItems> => {
      const isFirstLoad = queries.getQueryData(queryKey) === undefined;
      const items = await loadItems(client, dataset_id, {
        signal,
        onPage(items) {
          if (isFirstLoad) queries.setQueryData(queryKey, { items, isComplete: false });
        },
      });
      return { items, isComplete: true };
    },
    staleTime: 10 * minute,
    refetchInterval: 20 * minute, // the URLs of private images are valid for at least 30
  });
}

type LoadOptions = {
  signal?: AbortSignal;
  /** Called with the items so far, after each page but the last. */
  onPage?(items: DatasetItem[]): void;
};

export async function loadItems(
  client: Client,
  dataset_id: string,
  { signal, onPage }: LoadOptions = {},
): Promise<DatasetItem[]> {
  const items: DatasetItem[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await client.listDatasetItems(
      { dataset_id, limit: 100, ...(cursor && { cursor }) },
      signal && { signal },
    );
    items.push(...page.items);
    if (!page.next_cursor) return items;
    cursor = page.next_cursor;
    onPage?.(items.slice());
  }
}
