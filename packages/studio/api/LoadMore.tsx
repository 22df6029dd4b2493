import { Button } from "../ui/Button.tsx";
import { useNearViewport } from "../ui/useNearViewport.ts";
import { ErrorMessage } from "./ErrorMessage.tsx";
import styles from "./LoadMore.module.css";

type Props = {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  isFetchNextPageError: boolean;
  error: unknown;
  fetchNextPage(): unknown;
};

/** The end of a list: loads the next page when it comes near the viewport, or by its button. */
export function LoadMore({ hasNextPage, isFetchingNextPage, error, ...list }: Props) {
  const hasFailed = list.isFetchNextPageError;
  const end = useNearViewport(() => {
    if (hasNextPage && !isFetchingNextPage && !hasFailed) list.fetchNextPage();
  });
  if (hasFailed) return <ErrorMessage error={error} onRetry={() => list.fetchNextPage()} />;
  if (!hasNextPage) return null;
  return (
    // a new key after each page: an element that stays in view is reported only once
    <div ref={end} key={String(isFetchingNextPage)} className={styles.end}>
      <Button disabled={isFetchingNextPage} onClick={() => list.fetchNextPage()}>
        {isFetchingNextPage ? "Loading…" : "Load more"}
      </Button>
    </div>
  );
}
