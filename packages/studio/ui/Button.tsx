import type { ComponentProps } from "react";
import styles from "./Button.module.css";
import { classes } from "./classes.ts";

export type ButtonStyle = {
  variant?: "primary" | "danger" | "quiet" | undefined;
  size?: "small" | undefined;
  /** `icon` is a square for one icon; `wide` fills the width. */
  shape?: "icon" | "wide" | undefined;
};

type Props = ComponentProps<"button"> & ButtonStyle;

export function Button({ variant, size, shape, className, type = "button", ...props }: Props) {
  return (
    <button type={type} className={buttonClass({ variant, size, shape }, className)} {...props} />
  );
}

/** The look of a button for a link or a label. */
export const buttonClass = ({ variant, size, shape }: ButtonStyle = {}, className?: string) =>
  classes(
    styles.button,
    variant && styles[variant],
    size && styles[size],
    shape && styles[shape],
    className,
  );
