import { useEffect, useState } from "react";
import { Button, type ButtonStyle } from "./Button.tsx";
import { Check, Link2 } from "./icons.tsx";
import text from "./text.module.css";

type Props = ButtonStyle & {
  /** Goes to the clipboard. */
  value: string;
  /** Read by screen readers only when the shape is `icon`. */
  label: string;
  /** What the value belongs to; for screen readers. */
  of?: string;
  className?: string | undefined;
};

/** Copies to the clipboard, and says so in its label for 2.5 seconds. */
export function CopyButton({ value, label, of, ...button }: Props) {
  const [state, setState] = useState<"idle" | "copied" | "denied">("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), 2_500);
    return () => clearTimeout(timer);
  }, [state]);

  return (
    <Button
      {...button}
      data-state={state}
      onClick={() =>
        navigator.clipboard.writeText(value).then(
          () => setState("copied"),
          () => setState("denied"),
        )
      }
    >
      {state === "copied" ? <Check aria-hidden size={16} /> : <Link2 aria-hidden size={16} />}
      <span
        aria-live="polite"
        className={button.shape === "icon" ? text.visuallyHidden : undefined}
      >
        {{ idle: label, copied: "Copied", denied: "Not allowed" }[state]}
      </span>
      {of && <span className={text.visuallyHidden}> of {of}</span>}
    </Button>
  );
}
