import type { Export } from "@keepsake/contract/exportSchemas";
import { useQuery } from "@tanstack/react-query";
import { useSession } from "../../session/SessionProvider.tsx";

export const exportsKey = (dataset_id: string) => ["dataset exports", dataset_id];

const firstPollMs = 1_500;
const maxPollMs = 10_000;

/** The exports of a dataset, newest first. */
export function useExports(dataset_id: string) {
  const { client } = useSession();
  return useExportList(
    exportsKey(dataset_id),
    async (signal) => (await client.listExports({ dataset_id }, { signal })).exports,
  );
}

/**
 * A list of exports. While one is running it is loaded again, after 1.5 s at first and 10 s later; not while the page
 * is hidden.
 */
export function useExportList(
  queryKey: string[],
  load: (signal: AbortSignal) => Promise<Export[]>,
) {
  return useQuery({
    queryKey,
    queryFn: ({ signal }) => load(signal),
    refetchInterval({ state: { data } }) {
      const running = data?.find(({ status }) => status === "pending");
      if (!running) return false;
      const age = Date.now() - Date.parse(running.created_at);
      return Math.min(maxPollMs, Math.max(firstPollMs, age / 10));
    },
    refetchIntervalInBackground: false,
  });
}
