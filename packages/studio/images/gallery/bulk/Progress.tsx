import styles from "./bulk.module.css";

/** How far work on several images is. */
export const Progress = ({
  label,
  finished,
  count,
}: {
  label: string;
  finished: number;
  count: number;
}) => (
  <div className={styles.progress}>
    <p role="status">
      {label} {finished} of {count}
    </p>
    <progress aria-label={label} value={finished} max={count} />
  </div>
);
