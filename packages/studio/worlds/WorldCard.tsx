import { srcset } from "@keepsake/client/srcset";
import type { WorldSummary } from "@keepsake/contract/schemas";
import { Link } from "wouter";
import { Chip } from "../ui/Chip.tsx";
import card from "../ui/card.module.css";
import { classes } from "../ui/classes.ts";
import { formatDate } from "../ui/format.ts";
import text from "../ui/text.module.css";
import { useWorld } from "./useWorlds.ts";
import styles from "./WorldCard.module.css";

/** A world in the list, as a link to it. */
export function WorldCard({ world_id, theme, title, story, image, created_at }: WorldSummary) {
  return (
    <article className={classes(card.card, styles.card)}>
      {image ? (
        <div className={styles.cover} aria-hidden>
          <img
            {...(image.variants.length > 0 && { srcSet: srcset(image), sizes: "22rem" })}
            src={image.url}
            alt=""
            loading="lazy"
            decoding="async"
          />
        </div>
      ) : (
        <Portraits world_id={world_id} />
      )}
      <div className={styles.text}>
        <h2>
          <Link href={`/worlds/${world_id}`}>{title ?? "Untitled world"}</Link>
        </h2>
        {story && <p className={styles.story}>{story}</p>}
        <p className={text.hint}>
          <Chip>{theme}</Chip> {formatDate(created_at)}
        </p>
      </div>
    </article>
  );
}

const maxPortraits = 4;

/** The first portraits of a world without a picture. The list has no pieces, so each world is loaded. */
function Portraits({ world_id }: { world_id: string }) {
  const { data: world } = useWorld(world_id);
  const portraits = (world?.pieces ?? []).flatMap((piece) =>
    typeof piece.details.image_portrait === "string"
      ? [{ src: piece.details.image_portrait, srcSet: srcset(piece) }]
      : [],
  );
  return (
    <div className={styles.cover} aria-hidden>
      {portraits.slice(0, maxPortraits).map(({ src, srcSet }) => (
        <img
          key={src}
          {...(srcSet && { srcSet, sizes: "8rem" })}
          src={src}
          alt=""
          loading="lazy"
          decoding="async"
        />
      ))}
      {portraits.length > maxPortraits && <span>+{portraits.length - maxPortraits}</span>}
    </div>
  );
}
