import type { WorldSummary } from "@keepsake/contract/schemas";
import { useSyncExternalStore } from "react";
import { Link } from "wouter";
import { useSession } from "../session/SessionProvider.tsx";
import { Chip } from "../ui/Chip.tsx";
import card from "../ui/card.module.css";
import { classes } from "../ui/classes.ts";
import { formatDate, pluralize } from "../ui/format.ts";
import text from "../ui/text.module.css";
import { hasEditsOfWorld, subscribeToEdits } from "./edits/storedEdits.ts";
import styles from "./WorldCard.module.css";
import { WorldCover } from "./WorldCover.tsx";

/** A world in the list, as a link to it. */
export function WorldCard(world: WorldSummary) {
  const { id } = useSession();
  const { world_id, theme, title, story, created_at, has_page } = world;
  const hasEdits = useSyncExternalStore(subscribeToEdits, () => hasEditsOfWorld(id, world_id));
  return (
    <article className={classes(card.card, card.linked)}>
      <WorldCover {...world} />
      <div className={styles.text}>
        <h2 dir="auto">
          <Link href={`/worlds/${world_id}`}>{title ?? "Untitled world"}</Link>
        </h2>
        {story && (
          <p className={styles.story} dir="auto">
            {story}
          </p>
        )}
        <p className={classes(text.hint, styles.facts)}>
          <Chip className={styles.theme}>
            <bdi>{theme}</bdi>
          </Chip>
          {has_page && <Chip tone="good">Public page</Chip>}
          {hasEdits && <Chip tone="accent">Unsaved changes</Chip>}
          <span>
            {countText(world)}, {formatDate(created_at)}
          </span>
        </p>
      </div>
    </article>
  );
}

/** What of a world is a character is not in the list; one with a portrait is. */
const countText = ({ piece_count, portrait_count }: WorldSummary) =>
  piece_count === portrait_count
    ? pluralize(piece_count, "character")
    : `${piece_count} in it, ${portrait_count} with a portrait`;
