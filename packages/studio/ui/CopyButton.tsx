import { Check, Link2 } from "lucide-react";
import { useEffect, useState } from "react";

type Props = {
  text: string;
  label: string;
  /** What it is of, for who does not see what is around it. */
  of?: string;
  className?: string;
  /** Shows its sign only. */
  isIcon?: boolean;
};

/** Copies, and says so where it was pressed. */
export function CopyButton({ text, label, of, className = "button", isIcon = false }: Props) {
  const [state, setState] = useState<"idle" | "copied" | "refused">("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), 2_500);
    return () => clearTimeout(timer);
  }, [state]);

  const said = { idle: label, copied: "Copied", refused: "Not allowed" }[state];
  return (
    <button
      type="button"
      className={className}
      onClick={() =>
        navigator.clipboard.writeText(text).then(
          () => setState("copied"),
          () => setState("refused"),
        )
      }
    >
      {state === "copied" ? <Check aria-hidden size={16} /> : <Link2 aria-hidden size={16} />}
      <span aria-live="polite" className={isIcon ? "visually-hidden" : undefined}>
        {said}
      </span>
      {of && <span className="visually-hidden"> of {of}</span>}
    </button>
  );
}
