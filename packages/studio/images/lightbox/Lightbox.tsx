import { KeepsakeError } from "@keepsake/client";
import type { Image } from "@keepsake/contract/schemas";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { LoadError } from "../../api/LoadError.tsx";
import { Button } from "../../ui/Button.tsx";
import { classes } from "../../ui/classes.ts";
import { Info, X } from "../../ui/icons.tsx";
import { Spinner } from "../../ui/Spinner.tsx";
import text from "../../ui/text.module.css";
import { imageName } from "../imageNames.ts";
import { DeleteImage } from "./DeleteImage.tsx";
import { ImageDetails } from "./ImageDetails.tsx";
import styles from "./Lightbox.module.css";
import { onLightboxKey } from "./lightboxKeys.ts";
import { MissingImage } from "./MissingImage.tsx";
import { Stage, type StageKeys } from "./Stage.tsx";
import { useFreshImage } from "./useFreshImage.ts";
import { useImageById } from "./useImageById.ts";

type Props = {
  /** The list around the image, in the order of the gallery. An image that is not in it is shown alone. */
  images: readonly Image[];
  image_id: string;
  hasMore: boolean;
  loadMore(): unknown;
  onMove(image_id: string): void;
  onClose(): void;
};

/** Among so many of the newest images an image that was opened by its address gets its neighbours. */
const searchedImages = 400;

/**
 * One image as large as the page, with its details beside or below it. Escape and the cross close it, the arrow keys
 * and swipes go to its neighbours, and + and − zoom.
 */
export function Lightbox({ images, image_id, hasMore, loadMore, onMove, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const stage = useRef<StageKeys>(null);
  const [showsDetails, setShowsDetails] = useState(() => matchMedia(wide).matches);
  const [isDeleting, setIsDeleting] = useState(false);
  const at = images.findIndex((image) => image.image_id === image_id);
  const { found, error: notFound, retry } = useImageById(image_id, images[at]);
  const { image, freshOf, ...url } = useFreshImage(found);
  const previous = at < 0 ? undefined : freshOf(images[at - 1]);
  const next = at < 0 ? undefined : freshOf(images[at + 1]);
  const neighbour = useRef<string>(undefined); // also when the image was deleted, and is in the list no more
  if (at >= 0) neighbour.current = (next ?? previous)?.image_id;
  const [failedUrl, setFailedUrl] = useState<string>();
  const isMissing =
    notFound instanceof KeepsakeError &&
    ["image.not_found", "input.invalid"].includes(notFound.code);
  const name = image ? imageName(image) : isMissing ? "Image not found" : "Image";

  useLayoutEffect(() => {
    const element = dialog.current!;
    element.showModal();
    return () => element.close(); // returns the focus, which removing the element would not
  }, []);
  const isAlone = at < 0 && image !== undefined && images.length < searchedImages;
  useEffect(() => {
    if (hasMore && (isAlone || (at >= 0 && at >= images.length - 3))) loadMore();
  }, [at, images.length, hasMore, loadMore, isAlone]);
  useTitle(name);

  const step = (by: 1 | -1) => {
    const target = by > 0 ? next : previous;
    if (target) onMove(target.image_id);
  };
  const isBroken = image?.url != null && failedUrl === image.url;
  const cannotShow = url.hasExpired || isBroken;
  const notice =
    cannotShow && url.isRenewing ? (
      <p className={styles.notice} role="status">
        <Spinner size={28} />
        The address of this private image has expired. Getting a new one…
      </p>
    ) : cannotShow && url.error ? (
      <div className={styles.notice}>
        <LoadError error={url.error} onRetry={url.renew} />
      </div>
    ) : isBroken ? (
      <div className={styles.notice} role="alert">
        <p>This picture could not be loaded. Check your connection.</p>
        <Button
          onClick={() => {
            setFailedUrl(undefined);
            url.renew();
          }}
        >
          Try again
        </Button>
      </div>
    ) : null;

  return (
    <>
      <dialog
        ref={dialog}
        className={classes(styles.lightbox, showsDetails && styles.withDetails)}
        aria-label={name}
        onKeyDown={(event) => stage.current && onLightboxKey(event, stage.current, step)}
        onCancel={(event) => {
          if (event.target !== dialog.current) return;
          event.preventDefault();
          onClose();
        }}
      >
        <div className={styles.bar}>
          <Button
            variant="quiet"
            shape="icon"
            className={styles.tool}
            aria-label="Close"
            autoFocus
            onClick={onClose}
          >
            <X size={22} />
          </Button>
          <h2 className={styles.name} dir="auto">
            {name}
          </h2>
          <p className={styles.place} aria-live="polite">
            <span className={text.visuallyHidden}>{name}: image </span>
            {at < 0 ? null : `${at + 1} of ${images.length}${hasMore ? "+" : ""}`}
          </p>
          <Button
            variant="quiet"
            shape="icon"
            className={styles.tool}
            aria-label="Details"
            aria-expanded={showsDetails}
            onClick={() => setShowsDetails(!showsDetails)}
          >
            <Info size={22} />
          </Button>
        </div>
        {image ? (
          <Stage
            ref={stage}
            {...{ image, previous, next, notice }}
            onStep={step}
            onFailed={({ image_id: failed, url: address }) => {
              if (failed !== image_id || !address) return;
              setFailedUrl(address);
              if (image.visibility === "private") url.renew();
            }}
          />
        ) : (
          <div className={styles.missing}>
            {notFound ? (
              isMissing ? (
                <MissingImage />
              ) : (
                <LoadError error={notFound} onRetry={retry} />
              )
            ) : (
              <p role="status">Loading…</p>
            )}
          </div>
        )}
        {showsDetails && image && (
          <ImageDetails image={image} onDelete={() => setIsDeleting(true)} />
        )}
      </dialog>
      {isDeleting && image && (
        <DeleteImage
          image={image}
          onCancel={() => setIsDeleting(false)}
          onDone={() => {
            flushSync(() => setIsDeleting(false)); // returns the focus into the lightbox
            const { current } = neighbour;
            if (current) onMove(current);
            else onClose();
          }}
        />
      )}
    </>
  );
}

const wide = "(min-width: 56rem)";

/** The title of the page while this is shown. */
function useTitle(name: string) {
  useEffect(() => {
    const { title } = document;
    document.title = `${name} · Keepsake`;
    return () => {
      document.title = title;
    };
  }, [name]);
}
