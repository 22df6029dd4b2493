import { useInfiniteQuery } from "@tanstack/react-query";
import { useSession } from "../session/SessionProvider.tsx";

export const datasetsKey = ["datasets"];

/** The owner's datasets, newest first, 24 a page. */
export function useDatasets() {
  const { client } = useSession();
  return useInfiniteQuery({
    queryKey: datasetsKey,
    queryFn: ({ pageParam, signal }) =>
      client.listDatasets({ limit: 24, ...(pageParam && { cursor: pageParam }) }, { signal }),
    initialPageParam: "",
    getNextPageParam: ({ next_cursor }) => next_cursor,
  });
}
