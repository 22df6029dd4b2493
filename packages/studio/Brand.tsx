import styles from "./Brand.module.css";

/** The logo and the name. */
export function Brand() {
  return (
    <span className={styles.brand}>
      <img src="/icon.svg" alt="" width="30" height="30" />
      Keepsake
    </span>
  );
}
