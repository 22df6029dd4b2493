import { Button } from "../../ui/Button.tsx";
import { Check, CloudUpload, RotateCw } from "../../ui/icons.tsx";
import type { TypedCaption } from "../captions/captionStore.ts";
import styles from "./CaptionStatus.module.css";

type Props = { typed: TypedCaption | undefined; onRetry(): void };

/** Whether a typed caption is saved. */
export function CaptionStatus({ typed, onRetry }: Props) {
  if (typed?.status === "saving")
    return (
      <span className={styles.status}>
        <CloudUpload size={14} /> Saving…
      </span>
    );
  if (typed?.status === "saved")
    return (
      <span className={styles.status} data-status="saved">
        <Check size={14} /> Saved
      </span>
    );
  if (typed?.status === "failed")
    return (
      <Button size="small" className={styles.failed} onClick={onRetry}>
        <RotateCw size={13} /> Not saved: retry
      </Button>
    );
  return null;
}
