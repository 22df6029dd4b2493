import { Skeleton } from "../../ui/Skeleton.tsx";
import text from "../../ui/text.module.css";
import styles from "./SkeletonRows.module.css";

/** In place of the rows while the first page of images loads. */
export const SkeletonRows = () => (
  <div role="status">
    <span className={text.visuallyHidden}>Loading your images…</span>
    <div className={styles.rows} aria-hidden>
      {Array.from({ length: 18 }, (_, index) => (
        <Skeleton key={index} className={styles.tile} />
      ))}
    </div>
  </div>
);
