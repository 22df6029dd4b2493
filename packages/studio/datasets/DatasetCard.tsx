import type { DatasetSummary } from "@keepsake/contract/api/datasets";
import { Link } from "wouter";
import { Chip } from "../ui/Chip.tsx";
import card from "../ui/card.module.css";
import { classes } from "../ui/classes.ts";
import { formatBytes, formatDate, pluralize } from "../ui/format.ts";
import { Layers } from "../ui/icons.tsx";
import { Picture } from "../ui/Picture.tsx";
import text from "../ui/text.module.css";
import styles from "./DatasetCard.module.css";
import { Tag } from "./icons.tsx";
import { coverSource } from "./thumbnailSource.ts";

/** A dataset in the list, as a link to it. Its cover is its first image. */
export function DatasetCard(dataset: DatasetSummary) {
  const { dataset_id, name, trigger_word, item_count, bytes, cover, updated_at } = dataset;
  return (
    <article className={classes(card.card, card.linked)}>
      <div className={styles.cover} aria-hidden>
        {cover ? (
          <Picture {...coverSource(cover)} alt="" thumbhash={cover.thumbhash} />
        ) : (
          <Layers size={36} strokeWidth={1.4} />
        )}
      </div>
      <div className={styles.text}>
        <h2 dir="auto">
          <Link href={`/datasets/${dataset_id}`}>{name}</Link>
        </h2>
        <p className={text.hint}>
          {pluralize(item_count, "image")}
          {item_count > 0 && `, ${formatBytes(bytes)}`}
          <br />
          {formatDate(updated_at)}
        </p>
        {trigger_word && (
          <p>
            <Chip tone="accent">
              <Tag size={13} /> <bdi>{trigger_word}</bdi>
            </Chip>
          </p>
        )}
      </div>
    </article>
  );
}
