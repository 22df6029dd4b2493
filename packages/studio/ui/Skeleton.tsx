import { classes } from "./classes.ts";
import styles from "./Skeleton.module.css";

/** Shimmers in the place of content that is loading. */
export function Skeleton({ className }: { className?: string | undefined }) {
  return <span className={classes(styles.skeleton, className)} data-testid="skeleton" />;
}
