import { limits } from "@keepsake/contract/limits";
import { ImagePlus } from "lucide-react";
import { type RefObject, useEffect, useRef } from "react";
import { Button } from "../ui/Button.tsx";
import card from "../ui/card.module.css";
import { classes } from "../ui/classes.ts";
import { formatBytes, pluralize } from "../ui/format.ts";
import text from "../ui/text.module.css";
import { ChooseFiles } from "./ChooseFiles.tsx";
import styles from "./UploadPanel.module.css";
import { UploadRow } from "./UploadRow.tsx";
import { useUploads } from "./UploadsProvider.tsx";
import type { Upload } from "./uploadQueue.ts";
import { useDroppedFiles, usePastedFiles } from "./useIncomingFiles.ts";

/** Takes files that are chosen, dropped or pasted, and lists the uploads. */
export function UploadPanel() {
  const { add, cancel, dismiss, dismissDone, retry, uploads } = useUploads();
  const isDragging = useDroppedFiles(add);
  usePastedFiles(add);
  useEffect(() => dismissDone, [dismissDone]); // after leaving the page, the gallery has them

  const section = useRef<HTMLElement>(null);
  useFocusAfterRemoval(section, uploads.length);
  const summary = summaryOf(uploads);

  return (
    <section
      ref={section}
      tabIndex={-1}
      aria-label="Uploads"
      className={classes(card.card, styles.panel)}
    >
      <div className={classes(styles.zone, isDragging && styles.dragging)}>
        <ImagePlus aria-hidden size={30} strokeWidth={1.5} />
        <div>
          <p className={styles.call}>Drop pictures anywhere on this page, or paste them</p>
          <p className={text.hint}>
            PNG, JPEG, WebP, AVIF or GIF, up to {formatBytes(limits.image_bytes)} each
          </p>
        </div>
        <ChooseFiles label="Choose pictures" variant="primary" multiple onFiles={add} />
      </div>
      <p role="status" className={text.visuallyHidden}>
        {summary}
      </p>
      {uploads.length > 0 && (
        <div className={styles.uploads}>
          <div className={styles.head}>
            <h2>{summary}</h2>
            {uploads.filter(({ state }) => state === "done").length > 1 && (
              <Button variant="quiet" size="small" onClick={dismissDone}>
                Clear uploaded
              </Button>
            )}
          </div>
          <ul className={styles.list}>
            {uploads.map((upload) => (
              <UploadRow key={upload.id} {...{ upload, cancel, dismiss, retry }} />
            ))}
          </ul>
        </div>
      )}
      {isDragging && (
        <div className={styles.dropFrame} aria-hidden>
          <p>Drop to upload</p>
        </div>
      )}
    </section>
  );
}

/** When a removed row had the focus, the section gets it; the browser would move it to the page. */
function useFocusAfterRemoval(section: RefObject<HTMLElement | null>, count: number) {
  const previous = useRef(count);
  useEffect(() => {
    if (count < previous.current && document.activeElement === document.body)
      section.current?.focus();
    previous.current = count;
  }, [section, count]);
}

/** Without bytes or percent: a screen reader reads it whenever it changes. */
function summaryOf(uploads: readonly Upload[]) {
  const count = (...states: Upload["state"][]) =>
    uploads.filter(({ state }) => states.includes(state)).length;
  const done = count("done");
  const failed = count("failed");
  if (uploads.length === 0) return "";
  if (done + failed < uploads.length)
    return `${done} of ${pluralize(uploads.length, "picture")} uploaded`;
  if (failed === 0) return `${pluralize(done, "picture")} uploaded`;
  return `${pluralize(done, "picture")} uploaded, ${failed} failed`;
}
