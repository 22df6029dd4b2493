import type { Image } from "@keepsake/contract/schemas";
import { CopyButton } from "../../../ui/CopyButton.tsx";
import { Dialog } from "../../../ui/Dialog.tsx";
import { pluralize } from "../../../ui/format.ts";
import { type CopyFormat, copyTexts } from "../../copying/copyTexts.ts";
import styles from "./bulk.module.css";

/** Copies images as text, one in each line. */
export function CopyImages({ images, onClose }: { images: Image[]; onClose(): void }) {
  const texts = images.flatMap((image) => copyTexts(image) ?? []);
  const isPrivate = images.some(({ visibility }) => visibility === "private");
  return (
    <Dialog title={`Copy ${pluralize(images.length, "image")}`} onClose={onClose}>
      {isPrivate && <p>Addresses of private images work for 30 to 60 minutes.</p>}
      <div className={styles.formats}>
        {formats.map(([format, label]) => (
          <CopyButton
            key={format}
            value={texts.map((text) => text[format]).join("\n")}
            label={label}
          />
        ))}
      </div>
    </Dialog>
  );
}

const formats: [CopyFormat, string][] = [
  ["url", "Addresses"],
  ["markdown", "Markdown"],
  ["html", "HTML"],
  ["srcset", "HTML with sizes"],
];
