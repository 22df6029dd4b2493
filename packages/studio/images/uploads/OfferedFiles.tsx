import { useEffect, useRef } from "react";
import { Button } from "../../ui/Button.tsx";
import { DismissButton } from "../../ui/DismissButton.tsx";
import { pluralize } from "../../ui/format.ts";
import styles from "./TrayContent.module.css";
import type { DroppedFiles } from "./useDroppedFiles.ts";

/** Files that were dropped or pasted on a page that is not about images: uploading them is a choice. */
export function OfferedFiles({ offered, accept, decline }: DroppedFiles) {
  const upload = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (offered.length > 0) upload.current?.focus();
  }, [offered]);
  if (offered.length === 0) return null;
  return (
    <div className={styles.offer}>
      <p role="status">
        {offered.length === 1
          ? `Upload ${offered[0]!.name} to your images?`
          : `Upload ${pluralize(offered.length, "picture")} to your images?`}
      </p>
      <div className={styles.actions}>
        <Button ref={upload} size="small" variant="primary" onClick={accept}>
          Upload
        </Button>
        <Button size="small" onClick={decline}>
          Not now
        </Button>
      </div>
    </div>
  );
}

const shownNames = 3;

/** What was in dropped folders and is no picture. */
export function SkippedFiles({ skipped, forgetSkipped }: DroppedFiles) {
  if (skipped.length === 0) return null;
  const more = skipped.length - shownNames;
  return (
    <div className={styles.skipped}>
      <p role="status" dir="auto">
        Skipped {pluralize(skipped.length, "file")} that {skipped.length === 1 ? "is" : "are"} no
        picture: {skipped.slice(0, shownNames).join(", ")}
        {more > 0 && ` and ${more} more`}
      </p>
      <DismissButton label="Dismiss the skipped files" onClick={forgetSkipped} />
    </div>
  );
}
