import type { Image } from "@keepsake/contract/schemas";
import { useCallback, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { Link } from "wouter";
import { ErrorMessage } from "../api/ErrorMessage.tsx";
import { LoadMore } from "../api/LoadMore.tsx";
import { useSession } from "../session/SessionProvider.tsx";
import { EmptyState } from "../ui/EmptyState.tsx";
import styles from "./Gallery.module.css";
import { ImageDetails } from "./ImageDetails.tsx";
import { ImageTile } from "./ImageTile.tsx";
import { SkeletonTiles } from "./SkeletonTiles.tsx";
import tiles from "./tiles.module.css";
import { useImages } from "./useImages.ts";

/** Tiles in the first row of a wide page. */
const firstRow = 6;

/** All images of the owner, newest first; scrolling loads more. */
export function Gallery() {
  const images = useImages();
  const { settings } = useSession();
  const [opened, setOpened] = useState<Image>();
  const heading = useRef<HTMLHeadingElement>(null);
  const open = useCallback((image: Image) => setOpened(image), []);

  return (
    <section className={styles.gallery} aria-labelledby="gallery">
      <h2 id="gallery" ref={heading} tabIndex={-1}>
        Gallery
      </h2>
      {images.isPending && <SkeletonTiles count={12} />}
      {!images.data && images.isError && (
        <ErrorMessage error={images.error} onRetry={() => images.refetch()} />
      )}
      {images.data?.length === 0 && !images.hasNextPage && (
        <EmptyState title="No images yet">
          <p>
            Pictures appear here when you upload them
            {!settings.no_bot && (
              <>
                , or send them to the <Link href="/telegram">Telegram bot</Link>
              </>
            )}
            .
          </p>
        </EmptyState>
      )}
      {images.data && (
        <>
          <ul className={tiles.tiles}>
            {images.data.map((image, index) => (
              <ImageTile
                key={image.image_id}
                image={image}
                isFirst={index < firstRow}
                onOpen={open}
              />
            ))}
          </ul>
          <LoadMore {...images} />
        </>
      )}
      {opened && (
        <ImageDetails
          image={images.data?.find(({ image_id }) => image_id === opened.image_id) ?? opened}
          onClose={(isDeleted) => {
            flushSync(() => setOpened(undefined)); // returns the focus to its tile
            if (isDeleted) heading.current?.focus(); // its tile is gone
          }}
        />
      )}
    </section>
  );
}
