import { errorText } from "../../api/errorText.ts";
import { Button } from "../../ui/Button.tsx";
import { Check, CloudUpload, RotateCw } from "../../ui/icons.tsx";
import { useIsOnline } from "../../ui/useIsOnline.ts";
import styles from "./SaveStatus.module.css";
import type { TypedText } from "./textStore.ts";

type Props = { typed: TypedText | undefined; onRetry(): void };

/** Whether a typed text is saved, or why not. */
export function SaveStatus({ typed, onRetry }: Props) {
  const status = typed?.status;
  const isOnline = useIsOnline();
  return (
    <>
      <span className={styles.status} data-status={status} role="status">
        {status === "saving" && (
          <>
            <CloudUpload size={14} /> {isOnline ? "Saving…" : "Saved when the connection is back"}
          </>
        )}
        {status === "saved" && (
          <>
            <Check size={14} /> Saved
          </>
        )}
      </span>
      {status === "failed" && (
        <span className={styles.failed} role="alert">
          <span>
            {isOnline
              ? `Not saved: ${errorText(typed?.error)}`
              : "Not saved yet: no connection. It is saved when it is back."}
          </span>
          <Button size="small" onClick={onRetry}>
            <RotateCw size={13} /> Retry
          </Button>
        </span>
      )}
    </>
  );
}
