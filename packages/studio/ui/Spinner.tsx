import { LoaderCircle } from "./icons.tsx";
import styles from "./Spinner.module.css";

/** Turns while something is being done; the words beside it say what. */
export const Spinner = ({ size }: { size: number }) => (
  <LoaderCircle aria-hidden size={size} className={styles.spinner} />
);
