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
export function WorldCard({ world_id, theme, title, story, created_at }: WorldSummary) {
  return (
    <article className={classes(card.card, styles.card)}>
      <Cover world_id={world_id} />
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

/** The first portraits of a world. The list has no pieces, so each world is loaded. */
function Cover({ world_id }: { world_id: string }) {
  const { data: world } = useWorld(world_id);
  const urls = (world?.pieces ?? []).flatMap(({ details }) =>
    typeof details.image_portrait === "string" ? [details.image_portrait] : [],
  );
  return (
    <div className={styles.cover} aria-hidden>
      {urls.slice(0, maxPortraits).map((url) => (
        <img key={url} src={url} alt="" loading="lazy" decoding="async" />
      ))}
      {urls.length > maxPortraits && <span>+{urls.length - maxPortraits}</span>}
    </div>
  );
}
