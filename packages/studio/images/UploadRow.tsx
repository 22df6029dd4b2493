import { Check, ImageOff, RotateCw, X } from "lucide-react";
import { memo } from "react";
import { errorText } from "../api/errorText.ts";
import { Button } from "../ui/Button.tsx";
import { CopyButton } from "../ui/CopyButton.tsx";
import { classes } from "../ui/classes.ts";
import { formatBytes } from "../ui/format.ts";
import text from "../ui/text.module.css";
import styles from "./UploadRow.module.css";
import { isRetryable, type Upload, type UploadQueue } from "./uploadQueue.ts";

type Props = { upload: Upload } & Pick<UploadQueue, "cancel" | "retry" | "dismiss">;

/** One upload: its progress or result, and its buttons. */
export const UploadRow = memo(function UploadRow({ upload, cancel, retry, dismiss }: Props) {
  const { id, file, preview, state } = upload;
  const of = <span className={text.visuallyHidden}> {file.name}</span>;
  return (
    <li className={styles.row}>
      {preview ? (
        <img className={styles.preview} src={preview} alt="" decoding="async" />
      ) : (
        <span className={styles.preview}>
          <ImageOff aria-hidden size={18} />
        </span>
      )}
      <div>
        <p className={styles.name}>{file.name}</p>
        <Progress upload={upload} />
      </div>
      <div className={styles.actions}>
        {(state === "waiting" || state === "sending") && (
          <Button size="small" onClick={() => cancel(id)}>
            Cancel{of}
          </Button>
        )}
        {state === "done" && upload.image.url && (
          <CopyButton size="small" value={upload.image.url} label="Copy address" of={file.name} />
        )}
        {state === "failed" && isRetryable(upload.error) && (
          <Button size="small" onClick={() => retry(id)}>
            <RotateCw aria-hidden size={15} />
            <span>Retry{of}</span>
          </Button>
        )}
        {(state === "failed" || state === "done") && (
          <Button variant="quiet" size="small" shape="icon" onClick={() => dismiss(id)}>
            <X aria-hidden size={17} />
            <span className={text.visuallyHidden}>Dismiss {file.name}</span>
          </Button>
        )}
      </div>
    </li>
  );
});

function Progress({ upload }: { upload: Upload }) {
  const { state, file } = upload;
  if (state === "failed") return <p className={styles.error}>{errorText(upload.error)}</p>;
  if (state === "done")
    return (
      <p className={styles.done}>
        <Check aria-hidden size={15} /> Uploaded, {formatBytes(upload.image.bytes ?? file.size)}
      </p>
    );
  const percent = state === "sending" ? Math.floor(upload.fraction * 100) : 0;
  const stage = { waiting: "Waiting", sending: `${percent}%`, checking: "Checking…" }[state];
  return (
    <div className={styles.progress}>
      {/* without a value it is indeterminate */}
      <progress
        aria-label={`Uploading ${file.name}`}
        {...(state !== "checking" && { value: percent, max: 100 })}
      />
      <span className={classes(text.hint, styles.stage)}>{stage}</span>
    </div>
  );
}
