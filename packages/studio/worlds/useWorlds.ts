import { useInfiniteQuery } from "@tanstack/react-query";
import { useSession } from "../session/SessionProvider.tsx";

export const worldsKey = ["worlds"];

/** The owner's worlds, newest first, twelve a page. */
export function useWorlds() {
  const { client } = useSession();
  return useInfiniteQuery({
    queryKey: worldsKey,
    queryFn: ({ pageParam, signal }) =>
      client.listWorlds({ limit: 12, ...(pageParam && { cursor: pageParam }) }, { signal }),
    initialPageParam: "",
    // pending portraits arrive by themselves
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ worlds }) =>
        worlds.some(({ pending_portraits }) => pending_portraits > 0),
      )
        ? 3_000
        : false,
    getNextPageParam: ({ next_cursor }) => next_cursor,
  });
}
