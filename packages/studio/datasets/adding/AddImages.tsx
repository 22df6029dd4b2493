import { useImages } from "@keepsake/client/react";
import { limits } from "@keepsake/contract/limits";
import type { Image } from "@keepsake/contract/schemas";
import { useMemo } from "react";
import { LoadError } from "../../api/LoadError.tsx";
import { LoadMore } from "../../api/LoadMore.tsx";
import { SkeletonTiles } from "../../images/SkeletonTiles.tsx";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { pluralize } from "../../ui/format.ts";
import text from "../../ui/text.module.css";
import { useSelection } from "../useSelection.ts";
import styles from "./AddImages.module.css";
import { ImageChecklist } from "./ImageChecklist.tsx";

type Props = {
  /** The images that the dataset has. */
  present: ReadonlySet<string>;
  onAdd(images: Image[]): void;
  onClose(): void;
};

/** Chooses several of the owner's images for a dataset. */
export function AddImages({ present, onAdd, onClose }: Props) {
  const { images, status, error, refresh, ...list } = useImages();
  const published = useMemo(() => images.filter(({ status }) => status === "published"), [images]);
  const free = useMemo(
    () => published.map(({ image_id }) => image_id).filter((image_id) => !present.has(image_id)),
    [published, present],
  );
  const selection = useSelection(free);
  const { selected, select } = selection;
  const room = limits.dataset_items - present.size;

  return (
    <Dialog
      title="Add images"
      wide
      onClose={onClose}
      actions={
        <>
          {free.length > 0 && (
            <Button variant="quiet" className={styles.all} onClick={() => select(free)}>
              Select all {free.length} loaded
            </Button>
          )}
          {selected.size > room && <p role="alert">Only {room} more fit into this dataset.</p>}
          <Button
            variant="primary"
            disabled={selected.size === 0 || selected.size > room}
            onClick={() => onAdd(published.filter(({ image_id }) => selected.has(image_id)))}
          >
            {selected.size === 0 ? "Add images" : `Add ${pluralize(selected.size, "image")}`}
          </Button>
        </>
      }
    >
      <div className={styles.list}>
        {status === "loading" && <SkeletonTiles count={6} />}
        {status === "failed" && images.length === 0 && (
          <LoadError error={error} onRetry={refresh} />
        )}
        {status === "ready" && published.length === 0 && !list.hasMore && (
          <p className={text.muted}>You have no images yet. Upload some into this dataset.</p>
        )}
        <ImageChecklist images={published} selection={selection} present={present} isSmall />
        {images.length > 0 && <LoadMore {...list} hasFailed={status === "failed"} error={error} />}
      </div>
    </Dialog>
  );
}
