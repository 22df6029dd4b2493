import type { QueuedFile, Upload } from "@keepsake/client/react";
import type { Image } from "@keepsake/contract/schemas";
import { memo } from "react";
import { Link } from "wouter";
import { errorText } from "../../api/errorText.ts";
import { Button } from "../../ui/Button.tsx";
import { CopyButton } from "../../ui/CopyButton.tsx";
import { classes } from "../../ui/classes.ts";
import { DismissButton } from "../../ui/DismissButton.tsx";
import { Check, ImageOff, RotateCw, TriangleAlert } from "../../ui/icons.tsx";
import text from "../../ui/text.module.css";
import { usePreview } from "../usePreview.ts";
import { ProgressBar } from "./ProgressBar.tsx";
import { isReused } from "./reusedImages.ts";
import styles from "./UploadRow.module.css";
import { lossOf, resultOf } from "./uploadResults.ts";
import { hasFailed, isPublished, waitsForConnection } from "./uploadStates.ts";

type Props = { queued: QueuedFile } & Pick<Upload, "retry" | "remove">;

/** One upload: its progress or result, and its buttons. */
export const UploadRow = memo(function UploadRow({ queued, retry, remove }: Props) {
  const { id, file, status, image, canRetry } = queued;
  const isFinished = hasFailed(queued) || isPublished(queued);
  const of = <span className={text.visuallyHidden}> {file.name}</span>;
  return (
    <li className={styles.row}>
      {hasFailed(queued) && !canRetry ? (
        <span className={styles.preview}>
          <ImageOff aria-hidden size={18} />
        </span>
      ) : (
        <Preview file={file} />
      )}
      <div className={styles.text}>
        <p className={styles.name} dir="auto" title={file.name}>
          {file.name}
        </p>
        <Progress queued={queued} />
      </div>
      <div className={styles.actions}>
        {!isFinished && status !== "checking" && (
          <Button size="small" onClick={() => remove(id)}>
            Cancel{of}
          </Button>
        )}
        {image?.url && (
          <CopyButton size="small" value={image.url} label="Copy address" of={file.name} />
        )}
        {canRetry && (
          <Button size="small" onClick={() => retry(id)}>
            <RotateCw aria-hidden size={15} />
            <span>Retry{of}</span>
          </Button>
        )}
        {isFinished && <DismissButton label={`Dismiss ${file.name}`} onClick={() => remove(id)} />}
      </div>
    </li>
  );
});

const Preview = ({ file }: { file: File }) => (
  <img className={styles.preview} src={usePreview(file)} alt="" decoding="async" />
);

function Progress({ queued }: { queued: QueuedFile }) {
  const { status, file, image, error, progress } = queued;
  if (hasFailed(queued)) return <p className={styles.error}>{errorText(error)}</p>;
  if (image) {
    const loss = lossOf(image);
    return (
      <>
        <p className={styles.done}>
          <Check aria-hidden size={15} />
          <span>
            {isReused(image) ? <Already image={image} file={file} /> : resultOf(image, file)}
          </span>
        </p>
        {loss && (
          <p className={styles.loss}>
            <TriangleAlert aria-hidden size={15} /> {loss}
          </p>
        )}
      </>
    );
  }
  const percent = Math.floor(progress * 100);
  const stage = waitsForConnection(queued)
    ? "Waiting for the connection"
    : status === "uploading"
      ? `${percent}%`
      : stages[status];
  return (
    <div className={styles.progress}>
      <ProgressBar
        label={`Uploading ${file.name}`}
        percent={status === "checking" ? undefined : percent}
      />
      <span className={classes(text.hint, styles.stage)}>{stage}</span>
    </div>
  );
}

/** The bytes were uploaded before, maybe under another name. */
const Already = ({ image, file }: { image: Pick<Image, "image_id" | "filename">; file: File }) => (
  <>
    Already in <Link href={`/images/${image.image_id}`}>your images</Link>
    {image.filename && image.filename !== file.name && (
      <>
        {" "}
        as <bdi>{image.filename}</bdi>
      </>
    )}
  </>
);

const stages: Partial<Record<QueuedFile["status"], string>> = {
  waiting: "Waiting",
  checking: "Checking…",
  cancelled: "Cancelled",
};
