import type { ReactNode } from "react";
import { classes } from "./classes.ts";
import styles from "./DescriptionList.module.css";

type Props = {
  items: Record<string, ReactNode>;
  /** Each value below its name, at every width. */
  stacked?: boolean;
};

/** Names and values. A value of null is left out. */
export function DescriptionList({ items, stacked = false }: Props) {
  return (
    <dl className={classes(styles.list, stacked && styles.stacked)}>
      {Object.entries(items).map(
        ([name, value]) =>
          value !== null && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
