import type { ComponentProps } from "react";
import styles from "./Chip.module.css";
import { classes } from "./classes.ts";

type Props = ComponentProps<"span"> & { tone?: "good" | "bad" | "accent" | undefined };

/** A short label: a theme, a state, where something came from. */
export function Chip({ tone, className, ...props }: Props) {
  return <span className={classes(styles.chip, tone && styles[tone], className)} {...props} />;
}
