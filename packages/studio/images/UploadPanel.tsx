import { UploadButton } from "@keepsake/client/react";
import { limits } from "@keepsake/contract/limits";
import { useState } from "react";
import { Button, buttonClass } from "../ui/Button.tsx";
import { classes } from "../ui/classes.ts";
import { formatBytes } from "../ui/format.ts";
import { ImageUp, Link } from "../ui/icons.tsx";
import text from "../ui/text.module.css";
import styles from "./UploadPanel.module.css";
import { useUploads } from "./UploadsProvider.tsx";
import { AddFromUrl } from "./uploads/AddFromUrl.tsx";
import { usePastedUrl } from "./uploads/usePastedUrl.ts";

/** How pictures get into the gallery. The tray shows their uploads. */
export function UploadPanel() {
  const uploads = useUploads();
  /** The address to begin with. */
  const [adding, setAdding] = useState<string>();
  usePastedUrl(setAdding);
  return (
    <section aria-label="Add pictures" className={styles.panel}>
      <UploadButton upload={uploads} className={buttonClass({ variant: "primary" })}>
        <ImageUp aria-hidden size={18} />
        <span className={styles.withMouse}>Choose pictures</span>
        <span className={styles.byTouch}>Choose or take photos</span>
      </UploadButton>
      <Button onClick={() => setAdding("")}>
        <Link aria-hidden size={17} /> From a URL
      </Button>
      <p className={classes(text.hint, styles.hint)}>
        <span className={styles.withMouse}>
          or drop files and folders anywhere, or paste them.{" "}
        </span>
        PNG, JPEG, WebP, AVIF or GIF, up to {formatBytes(limits.image_bytes)} each
      </p>
      {adding !== undefined && <AddFromUrl url={adding} onClose={() => setAdding(undefined)} />}
    </section>
  );
}
