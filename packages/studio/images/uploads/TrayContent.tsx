import type { QueuedFile, Upload } from "@keepsake/client/react";
import { type ReactNode, useState } from "react";
import { Button } from "../../ui/Button.tsx";
import { classes } from "../../ui/classes.ts";
import { DismissButton } from "../../ui/DismissButton.tsx";
import { formatBytes } from "../../ui/format.ts";
import { ChevronDown } from "../../ui/icons.tsx";
import text from "../../ui/text.module.css";
import { useHeightProperty } from "../../ui/useHeightProperty.ts";
import { OfferedFiles, SkippedFiles } from "./OfferedFiles.tsx";
import { ProgressBar } from "./ProgressBar.tsx";
import styles from "./TrayContent.module.css";
import { UploadRow } from "./UploadRow.tsx";
import { hasFailed, isActive, isPublished } from "./uploadStates.ts";
import { summaryOf } from "./uploadSummary.ts";
import type { DroppedFiles } from "./useDroppedFiles.ts";

export type TrayUploads = Upload & {
  /** Takes all files off the list that are not published, and cancels their uploads. */
  cancelAll(): void;
  /** This browser could not store a file: closing the page would lose it. */
  isUnstored: boolean;
};

export type TrayProps = { uploads: TrayUploads; dropped: DroppedFiles };

/** Rows of active files that are shown; the browser decodes a preview for each. */
const maxRows = 30;

/** The uploads of the session, and what was dropped and is not uploaded. */
export const TrayContent = ({ uploads, dropped }: TrayProps) => (
  <div ref={useHeightProperty("--upload-tray-height")} className={styles.tray}>
    <OfferedFiles {...dropped} />
    <SkippedFiles {...dropped} />
    {uploads.files.length > 0 && <Files uploads={uploads} />}
  </div>
);

const isWide = () => !matchMedia("(max-width: 44rem)").matches;

/** The uploads: active ones first, then those that failed, then the others. */
function Files({ uploads }: { uploads: TrayUploads }) {
  const { files, progress, isUnstored, clear, remove, retry, cancelAll } = uploads;
  const [isOpen, setIsOpen] = useState(isWide); // on a phone it would hide the page
  const active = files.filter(isActive);
  const failed = files.filter(hasFailed);
  const published = files.filter(isPublished);
  const retriable = failed.filter(({ canRetry }) => canRetry);
  const row = (queued: QueuedFile) => <UploadRow key={queued.id} {...{ queued, remove, retry }} />;
  const { sentBytes, totalBytes } = progress;
  return (
    <>
      <div className={styles.head}>
        <h2>{summaryOf(files)}</h2>
        <Button
          variant="quiet"
          size="small"
          shape="icon"
          aria-expanded={isOpen}
          onClick={() => setIsOpen(!isOpen)}
        >
          <ChevronDown size={18} className={classes(!isOpen && styles.turned)} />
          <span className={text.visuallyHidden}>Show the uploads</span>
        </Button>
        {active.length === 0 && (
          <DismissButton
            label="Dismiss all uploads"
            onClick={() => clear("published", "failed", "cancelled")}
          />
        )}
      </div>
      {active.length > 0 && (
        <div className={styles.total}>
          <ProgressBar label="All uploads" percent={Math.floor(progress.fraction * 100)} />
          <span className={text.hint}>
            {formatBytes(sentBytes)} of {formatBytes(totalBytes)}
          </span>
        </div>
      )}
      {isUnstored && active.length > 0 && (
        <p className={styles.warning}>
          This browser cannot store your files: keep this page open until they are uploaded.
        </p>
      )}
      {isOpen && (
        <>
          {(active.length > 1 || retriable.length > 1) && (
            <div className={styles.actions}>
              {retriable.length > 1 && (
                <Button size="small" onClick={() => retry()}>
                  Retry all
                </Button>
              )}
              {active.length > 1 && (
                <Button size="small" onClick={cancelAll}>
                  Cancel all
                </Button>
              )}
            </div>
          )}
          <div className={styles.list}>
            {active.length > 0 && <ul>{active.slice(0, maxRows).map(row)}</ul>}
            {active.length > maxRows && (
              <p className={text.hint}>and {active.length - maxRows} more</p>
            )}
            {failed.length > 0 && <ul>{failed.map(row)}</ul>}
            <Published files={published} isFolded={active.length + failed.length > 0}>
              {row}
            </Published>
          </div>
        </>
      )}
    </>
  );
}

type PublishedProps = {
  files: QueuedFile[];
  isFolded: boolean;
  children(file: QueuedFile): ReactNode;
};

/** Finished ones are folded, so that they hide none of the others. */
function Published({ files, isFolded, children }: PublishedProps) {
  if (files.length === 0) return null;
  const list = <ul>{files.slice(-maxRows).reverse().map(children)}</ul>;
  if (!isFolded && files.length <= 3) return list;
  return (
    <details className={styles.finished}>
      <summary>{files.length} uploaded</summary>
      {list}
      {files.length > maxRows && (
        <p className={text.hint}>and {files.length - maxRows} more in the gallery</p>
      )}
    </details>
  );
}
