import { useQuery } from "@tanstack/react-query";
import { useSession } from "../session/SessionProvider.tsx";

export const datasetKey = (dataset_id: string) => ["dataset", dataset_id];

/** One dataset with its warnings. */
export function useDataset(dataset_id: string) {
  const { client } = useSession();
  return useQuery({
    queryKey: datasetKey(dataset_id),
    queryFn: async ({ signal }) => (await client.getDataset({ dataset_id }, { signal })).dataset,
  });
}
