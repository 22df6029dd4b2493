import { useImages } from "@keepsake/client/react";
import type { Image } from "@keepsake/contract/schemas";
import { useEffect, useState } from "react";
import { LoadError } from "../api/LoadError.tsx";
import { LoadMore } from "../api/LoadMore.tsx";
import { classes } from "../ui/classes.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { Picture } from "../ui/Picture.tsx";
import text from "../ui/text.module.css";
import { ChooseFiles } from "./ChooseFiles.tsx";
import styles from "./ImagePickerDialog.module.css";
import { imageName } from "./imageNames.ts";
import { imageSource } from "./imageSource.ts";
import { SkeletonTiles } from "./SkeletonTiles.tsx";
import tiles from "./tiles.module.css";
import { useUploads } from "./UploadsProvider.tsx";
import { UploadRow } from "./uploads/UploadRow.tsx";
import { useFilesForDialog } from "./useFilesForDialog.ts";

type Props = { title: string; onPick(image: Image): void; onClose(): void };

/**
 * Picks one of the owner's images, or a new one as soon as it is published: chosen, dropped or pasted. Of several files
 * the first is picked, and the others are uploaded too.
 */
export function ImagePickerDialog({ title, onPick, onClose }: Props) {
  const { add, files, remove, retry } = useUploads();
  const [uploadId, setUploadId] = useState<string>();
  const queued = files.find(({ id }) => id === uploadId);
  const uploaded = queued?.image;
  useEffect(() => {
    if (!uploaded || !uploadId) return;
    remove(uploadId);
    onPick(uploaded);
  }, [uploaded, uploadId, remove, onPick]);

  const upload = (files: File[]) => setUploadId(add(files)[0]);
  const isDragging = useFilesForDialog(upload);

  return (
    <Dialog title={title} wide onClose={onClose}>
      <div className={classes(styles.new, isDragging && styles.dragging)}>
        {queued ? (
          <ul className={styles.upload}>
            <UploadRow {...{ queued, remove, retry }} />
          </ul>
        ) : (
          <>
            <ChooseFiles label="Upload an image" onFiles={upload} />
            <p className={text.hint}>
              {isDragging ? "Drop it to use it" : "or drop one here, or paste it"}
            </p>
          </>
        )}
      </div>
      <PublishedImages onPick={onPick} />
    </Dialog>
  );
}

function PublishedImages({ onPick }: Pick<Props, "onPick">) {
  const { images, status, error, refresh, ...list } = useImages();
  if (status === "loading") return <SkeletonTiles count={6} />;
  if (status === "failed" && images.length === 0)
    return <LoadError error={error} onRetry={refresh} />;

  const published = images.filter(({ status }) => status === "published");
  return (
    <>
      {published.length === 0 && !list.hasMore && (
        <p className={text.muted}>You have no images yet. Upload the first one.</p>
      )}
      <ul className={classes(tiles.tiles, tiles.small)}>
        {published.map((image) => (
          <li key={image.image_id}>
            <button type="button" className={tiles.button} onClick={() => onPick(image)}>
              <Picture
                {...imageSource(image, { vw: 30, rem: 9 })}
                alt={imageName(image)}
                thumbhash={image.thumbhash}
              />
            </button>
          </li>
        ))}
      </ul>
      <LoadMore {...list} hasFailed={status === "failed"} error={error} />
    </>
  );
}
