import { skipToken, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useSession } from "../session/SessionProvider.tsx";

export const worldKey = (world_id: string) => ["world", world_id];
export const worldsKey = ["worlds"];

/** The owner's worlds, newest first, twelve a page. */
export function useWorlds() {
  const { client } = useSession();
  return useInfiniteQuery({
    queryKey: worldsKey,
    queryFn: ({ pageParam, signal }) =>
      client.listWorlds({ limit: 12, ...(pageParam && { cursor: pageParam }) }, { signal }),
    initialPageParam: "",
    getNextPageParam: ({ next_cursor }) => next_cursor,
  });
}

/** One world with its pieces, loaded again until no portrait is pending. Without an id nothing is loaded. */
export function useWorld(world_id: string | undefined) {
  const { client } = useSession();
  return useQuery({
    queryKey: worldKey(world_id ?? ""),
    queryFn: world_id
      ? async ({ signal }) => (await client.getWorld({ world_id }, { signal })).world
      : skipToken,
    refetchInterval: ({ state: { data, dataUpdateCount } }) => {
      const isPending = data?.pieces.some(({ portrait_status }) => portrait_status === "pending");
      return isPending ? Math.min(250 * 1.3 ** dataUpdateCount, 3_000) : false;
    },
  });
}
