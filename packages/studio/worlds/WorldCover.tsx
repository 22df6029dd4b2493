import { srcSet } from "@keepsake/client";
import type { WorldSummary } from "@keepsake/contract/schemas";
import portrait from "../characters/portrait.module.css";
import { Globe } from "../ui/icons.tsx";
import styles from "./WorldCover.module.css";

const maxPortraits = 4;

/** The picture of a world, else its first portraits as a strip of squares. */
export function WorldCover({ image, cover, portrait_count, pending_portraits }: WorldSummary) {
  if (image)
    return (
      <div className={styles.picture} aria-hidden>
        <img
          {...(image.variants.length > 0 && { srcSet: srcSet(image), sizes: "24rem" })}
          src={image.url}
          alt=""
          loading="lazy"
          decoding="async"
        />
      </div>
    );
  if (cover.length === 0)
    return (
      <div className={styles.none}>
        {pending_portraits > 0 ? "Saving portraits…" : <Globe aria-hidden size={28} />}
      </div>
    );
  const shown = cover.slice(0, maxPortraits);
  const more = portrait_count - shown.length;
  return (
    <div className={styles.portraits} data-count={shown.length} aria-hidden>
      {shown.map(({ url, variants }, index) => (
        <img
          key={url}
          className={portrait.face}
          srcSet={srcSet({ details: { image_portrait_variants: variants } })}
          sizes={index === 0 || shown.length === 2 ? "12rem" : "6rem"}
          src={url}
          alt=""
          loading="lazy"
          decoding="async"
        />
      ))}
      {more > 0 && <span>+{more}</span>}
    </div>
  );
}
