import type { ReactNode } from "react";
import { classes } from "./classes.ts";
import styles from "./Field.module.css";
import text from "./text.module.css";

type Props = { label: string; hint?: string; children: ReactNode };

/** A form control, given as the child, with its label. */
export function Field({ label, hint, children }: Props) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the child
    <label className={styles.field}>
      <span>
        {label}
        {hint && (
          <>
            {" "}
            <span className={classes(text.hint, styles.hint)}>{hint}</span>
          </>
        )}
      </span>
      {children}
    </label>
  );
}
