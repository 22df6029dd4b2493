import styles from "./ProgressBar.module.css";

/** How much is sent; without `percent` only that work goes on. */
export const ProgressBar = ({ label, percent }: { label: string; percent: number | undefined }) => (
  <progress
    className={styles.bar}
    aria-label={label}
    {...(percent !== undefined && { value: percent, max: 100 })}
  />
);
