import { useNearViewport } from "../ui/useNearViewport.ts";
import { ErrorMessage } from "./ErrorMessage.tsx";

type Props = {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  isFetchNextPageError: boolean;
  error: unknown;
  fetchNextPage(): unknown;
};

/** The end of a list: loads what comes next as soon as it is near, or by its button. */
export function LoadMore({ hasNextPage, isFetchingNextPage, error, ...list }: Props) {
  const failed = list.isFetchNextPageError;
  const end = useNearViewport(() => {
    if (hasNextPage && !isFetchingNextPage && !failed) list.fetchNextPage();
  });
  if (failed) return <ErrorMessage error={error} onRetry={() => list.fetchNextPage()} />;
  if (!hasNextPage) return null;
  return (
    // a new key after each page: an element that stayed in view would not be seen again
    <div ref={end} key={String(isFetchingNextPage)} className="more">
      <button
        type="button"
        className="button"
        disabled={isFetchingNextPage}
        onClick={() => list.fetchNextPage()}
      >
        {isFetchingNextPage ? "Loading…" : "Load more"}
      </button>
    </div>
  );
}
