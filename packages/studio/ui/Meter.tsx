import styles from "./Meter.module.css";

type Props = {
  label: string;
  value: number;
  max: number;
  /** The value in words. */
  text: string;
};

/** How much of a limit is used. From nine tenths on it has another colour. */
export const Meter = ({ label, value, max, text }: Props) => (
  <meter
    aria-label={label}
    aria-valuetext={text}
    className={styles.meter}
    min={0}
    max={max}
    value={value}
    data-full={value >= 0.9 * max || undefined}
  />
);
