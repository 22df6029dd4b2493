import type { Image } from "@keepsake/contract/schemas";
import { useEffect, useState } from "react";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { LoadMore } from "../api/LoadMore.tsx";
import { classes } from "../ui/classes.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { Picture } from "../ui/Picture.tsx";
import text from "../ui/text.module.css";
import { ChooseFiles } from "./ChooseFiles.tsx";
import styles from "./ImagePicker.module.css";
import { imageName } from "./imageNames.ts";
import { imageSource } from "./imageSource.ts";
import { SkeletonTiles } from "./SkeletonTiles.tsx";
import tiles from "./tiles.module.css";
import { UploadRow } from "./UploadRow.tsx";
import { useUploads } from "./UploadsProvider.tsx";
import { useImages } from "./useImages.ts";

type Props = { title: string; onPick(image: Image): void; onClose(): void };

/** Picks one of the owner's images, or a new one as soon as it is published. */
export function ImagePicker({ title, onPick, onClose }: Props) {
  const { add, cancel, dismiss, retry, uploads } = useUploads();
  const [uploadId, setUploadId] = useState<string>();
  const upload = uploads.find(({ id }) => id === uploadId);
  const uploaded = upload?.state === "done" ? upload.image : undefined;
  useEffect(() => {
    if (!uploaded || !uploadId) return;
    dismiss(uploadId);
    onPick(uploaded);
  }, [uploaded, uploadId, dismiss, onPick]);

  return (
    <Dialog title={title} wide onClose={onClose}>
      <div className={styles.new}>
        {upload ? (
          <ul className={styles.upload}>
            <UploadRow {...{ upload, cancel, dismiss, retry }} />
          </ul>
        ) : (
          <ChooseFiles
            label="Upload an image"
            onFiles={([file]) => file && setUploadId(add([file])[0])}
          />
        )}
      </div>
      <PublishedImages onPick={onPick} />
    </Dialog>
  );
}

function PublishedImages({ onPick }: Pick<Props, "onPick">) {
  const images = useImages();
  if (images.isPending) return <SkeletonTiles count={6} />;
  if (!images.data) return <ErrorMessage error={images.error} onRetry={() => images.refetch()} />;

  const published = images.data.filter(({ status }) => status === "published");
  return (
    <>
      {published.length === 0 && !images.hasNextPage && (
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
      <LoadMore {...images} />
    </>
  );
}
