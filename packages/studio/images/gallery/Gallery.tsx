import { useCallback, useMemo, useRef, useState } from "react";
import { Link, useLocation, useRoute, useSearch } from "wouter";
import { LoadError } from "../../api/LoadError.tsx";
import { LoadMore } from "../../api/LoadMore.tsx";
import { useSelection } from "../../datasets/useSelection.ts";
import { useSession } from "../../session/SessionProvider.tsx";
import { EmptyState } from "../../ui/EmptyState.tsx";
import { pluralize } from "../../ui/format.ts";
import text from "../../ui/text.module.css";
import { LightboxAtAddress } from "../lightbox/LightboxAtAddress.tsx";
import { FilterBar } from "./FilterBar.tsx";
import styles from "./Gallery.module.css";
import { GalleryGrid } from "./GalleryGrid.tsx";
import { describeFilters, filterOf, searchOf } from "./galleryFilter.ts";
import { NoMatches } from "./NoMatches.tsx";
import { SelectionActions } from "./SelectionActions.tsx";
import { SkeletonRows } from "./SkeletonRows.tsx";
import { useGalleryImages } from "./useGalleryImages.ts";
import { useNamesSwitch } from "./useNamesSwitch.ts";
import { useSelectionKeys } from "./useSelectionKeys.ts";
import { useTileFocus } from "./useTileFocus.ts";

/** All images of the owner that match the filter in the address. */
export function Gallery() {
  const [, navigate] = useLocation();
  const query = useSearch();
  const filter = useMemo(() => filterOf(query), [query]);
  const search = searchOf(filter);
  const { images, status, error, isLoadingMore, next_cursor, list } = useGalleryImages(filter);
  const [hasNames, setHasNames] = useNamesSwitch();
  const heading = useRef<HTMLHeadingElement>(null);

  const [isCovered, address] = useRoute("/images/:image_id");
  const { focusOn, focusPlace } = useTileFocus(address?.image_id, images, heading);
  const ids = useMemo(() => images.map(({ image_id }) => image_id), [images]);
  const selection = useSelection(ids);
  const [isSelecting, setIsSelecting] = useState(false);
  const { selected, select } = selection;
  const stopSelecting = useCallback(() => {
    setIsSelecting(false);
    select([]);
  }, [select]);
  const hasSelection = isSelecting || selected.size > 0;
  useSelectionKeys({ isSelecting: hasSelection, ids, select, onEscape: stopSelecting });

  const onFail = useCallback(
    (image: { image_id: string; visibility: string }) => {
      if (image.visibility === "private") void list.reload(image); // its address has expired
    },
    [list],
  );
  const loadMore = useCallback(() => void list.loadMore(), [list]);
  const hasMore = Boolean(next_cursor);
  const hasFailed = status === "failed";
  const isFiltered = describeFilters(filter).length > 0;

  return (
    <section className={styles.gallery} aria-labelledby="gallery">
      <h2 id="gallery" ref={heading} tabIndex={-1} className={text.visuallyHidden}>
        Gallery
      </h2>
      {(images.length > 0 || isFiltered) && (
        <FilterBar
          filter={filter}
          images={images}
          onChange={(changed, options) => navigate(`/images${searchOf(changed)}`, options)}
          hasNames={hasNames}
          onNames={setHasNames}
          isSelecting={hasSelection}
          onSelecting={(isSelecting) => (isSelecting ? setIsSelecting(true) : stopSelecting())}
        />
      )}
      {status === "loading" && <SkeletonRows />}
      {hasFailed && images.length === 0 && (
        <div className={styles.inset}>
          <LoadError error={error} onRetry={list.refresh} />
        </div>
      )}
      {status === "ready" && images.length === 0 && (
        <div className={styles.inset}>
          {isFiltered ? (
            <NoMatches
              filter={filter}
              onChange={(changed) => navigate(`/images${searchOf(changed)}`)}
            />
          ) : (
            <NoImages />
          )}
        </div>
      )}
      {images.length > 0 && (
        <>
          <GalleryGrid
            {...{ images, search, selection, hasNames, focusOn, onFail }}
            hasMore={hasMore}
            isCovered={isCovered}
            isSelecting={hasSelection}
            onNearEnd={() => !isLoadingMore && !hasFailed && loadMore()}
            onOpen={(image_id) => navigate(`/images/${image_id}${search}`)}
          />
          <div className={styles.inset}>
            <LoadMore {...{ hasMore, isLoadingMore, hasFailed, error, loadMore }} isManual />
          </div>
        </>
      )}
      <p role="status" className={text.visuallyHidden}>
        {hasSelection && `${pluralize(selected.size, "image")} selected`}
      </p>
      <SelectionActions
        {...{ images, selection }}
        isSelecting={hasSelection}
        onDone={stopSelecting}
        onDeleted={focusPlace}
      />
      <LightboxAtAddress {...{ images, hasMore }} loadMore={list.loadMore} />
    </section>
  );
}

function NoImages() {
  const { settings } = useSession();
  return (
    <EmptyState title="No images yet">
      <p>
        Pictures appear here when you upload them
        {!settings.no_bot && (
          <>
            , or send them to the <Link href="/telegram">Telegram bot</Link>
          </>
        )}
        . Every picture is checked, stripped of hidden data, and stored at an address that never
        changes.
      </p>
    </EmptyState>
  );
}
