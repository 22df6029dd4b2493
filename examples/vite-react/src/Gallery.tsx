import { srcSet } from "@keepsake/client";
import { useImages } from "@keepsake/client/react";

/** The user's pictures, newest first. Those that are uploaded appear by themselves. */
export function Gallery() {
  const { images, status, error, hasMore, loadMore } = useImages();
  if (status === "loading") return <p>Loading…</p>;
  return (
    <section aria-label="Pictures">
      {error instanceof Error && <p role="alert">{error.message}</p>}
      {images.map((image) =>
        image.url === null ? (
          <p key={image.image_id}>{image.error ?? `This picture is ${image.status}`}</p>
        ) : (
          <a key={image.image_id} href={image.url}>
            <img
              src={image.url}
              srcSet={srcSet(image)}
              sizes="160px"
              width="160"
              height="160"
              loading="lazy"
              alt={image.alt ?? image.filename ?? ""}
            />
          </a>
        ),
      )}
      {hasMore && (
        <button type="button" onClick={loadMore}>
          Show more
        </button>
      )}
    </section>
  );
}
