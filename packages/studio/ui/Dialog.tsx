import { type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { Button } from "./Button.tsx";
import { classes } from "./classes.ts";
import styles from "./Dialog.module.css";
import { X } from "./icons.tsx";

type Props = {
  title: string;
  wide?: boolean;
  /** Buttons below the content. */
  actions?: ReactNode;
  onClose(): void;
  children: ReactNode;
};

/** A modal dialog, open while it is rendered. Escape, the cross and a click outside call `onClose`. `data-focus-first` marks what has the focus at first. */
export function Dialog({ title, wide = false, actions, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useLayoutEffect(() => {
    const element = dialog.current!;
    element.showModal();
    element.querySelector<HTMLElement>("[data-focus-first]")?.focus();
    return () => element.close(); // returns the focus, which removing the element would not
  }, []);

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard has Escape
    <dialog
      ref={dialog}
      className={classes(styles.dialog, wide && styles.wide)}
      aria-labelledby={heading}
      onCancel={(event) => {
        if (event.target !== dialog.current) return; // a file input inside was cancelled
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div className={styles.body}>
        <div className={styles.head}>
          <h2 id={heading}>{title}</h2>
          <Button variant="quiet" shape="icon" aria-label="Close" onClick={onClose}>
            <X aria-hidden size={20} />
          </Button>
        </div>
        {children}
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
    </dialog>
  );
}
