import type { ReactNode, Ref } from "react";
import styles from "./ActionBar.module.css";
import { useHeightProperty } from "./useHeightProperty.ts";

type Props = {
  /** What a screen reader calls it. */
  name: string;
  label: ReactNode;
  ref?: Ref<HTMLDivElement>;
  children: ReactNode;
};

/**
 * Floats at the bottom of the window: what may be done with what was selected or changed. The page is longer by its
 * height, and the tray of uploads is above it.
 */
export const ActionBar = ({ name, label, ref, children }: Props) => (
  <div ref={ref} className={styles.place}>
    <section
      ref={useHeightProperty("--action-bar-height")}
      className={styles.bar}
      aria-label={name}
    >
      <strong className={styles.label}>{label}</strong>
      <div className={styles.actions}>{children}</div>
    </section>
  </div>
);
