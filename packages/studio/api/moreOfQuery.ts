import type { useInfiniteQuery } from "@tanstack/react-query";

type Query = Pick<
  ReturnType<typeof useInfiniteQuery>,
  "hasNextPage" | "isFetchingNextPage" | "isFetchNextPageError" | "error" | "fetchNextPage"
>;

/** The properties of `LoadMore` for a query of pages. */
export const moreOfQuery = (list: Query) => ({
  hasMore: list.hasNextPage,
  isLoadingMore: list.isFetchingNextPage,
  hasFailed: list.isFetchNextPageError,
  error: list.error,
  loadMore: () => list.fetchNextPage(),
});
