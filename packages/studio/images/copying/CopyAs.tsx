import type { Image } from "@keepsake/contract/schemas";
import { useId } from "react";
import { CopyButton } from "../../ui/CopyButton.tsx";
import styles from "./CopyAs.module.css";
import { type CopyFormat, copyTexts } from "./copyTexts.ts";

/** Buttons that copy a published image as text. */
export function CopyAs({ image }: { image: Image }) {
  const heading = useId();
  const texts = copyTexts(image);
  if (!texts) return null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is no flex container everywhere
    <div className={styles.buttons} role="group" aria-labelledby={heading}>
      <span id={heading} className={styles.heading}>
        Copy
      </span>
      {formats.map(([format, label]) => (
        <CopyButton key={format} size="small" value={texts[format]} label={label} />
      ))}
    </div>
  );
}

const formats: [CopyFormat, string][] = [
  ["url", "Address"],
  ["markdown", "Markdown"],
  ["html", "HTML"],
  ["srcset", "HTML with sizes"],
];
