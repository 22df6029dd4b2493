import { Button } from "../ui/Button.tsx";
import { useNearViewport } from "../ui/useNearViewport.ts";
import { LoadError } from "./LoadError.tsx";
import styles from "./LoadMore.module.css";

type Props = {
  hasMore: boolean;
  isLoadingMore: boolean;
  hasFailed: boolean;
  error: unknown;
  loadMore(): unknown;
  /** Loads by its button alone: the list itself loads what is near. */
  isManual?: boolean;
};

/** The end of a list: loads the next page when it comes near the viewport, or by its button. */
export function LoadMore({ hasMore, isLoadingMore, hasFailed, error, loadMore, isManual }: Props) {
  const end = useNearViewport(() => {
    if (hasMore && !isLoadingMore && !hasFailed && !isManual) loadMore();
  });
  if (hasFailed) return <LoadError error={error} onRetry={loadMore} />;
  if (!hasMore) return null;
  return (
    // a new key after each page: an element that stays in view is reported only once
    <div ref={end} key={String(isLoadingMore)} className={styles.end}>
      <Button disabled={isLoadingMore} onClick={loadMore}>
        {isLoadingMore ? "Loading…" : "Load more"}
      </Button>
    </div>
  );
}
