import { KeepsakeError } from "@keepsake/client";
import { Button } from "../ui/Button.tsx";
import { classes } from "../ui/classes.ts";
import { TriangleAlert } from "../ui/icons.tsx";
import text from "../ui/text.module.css";
import styles from "./ErrorMessage.module.css";
import { errorText } from "./errorText.ts";

type Props = {
  error: unknown;
  /** In place of the error's own text. */
  text?: string;
  onRetry?: () => void;
  retryLabel?: string;
  onDismiss?: () => void;
};

/** What went wrong and what to do, with a button for each function that is given. */
export function ErrorMessage({
  error,
  text: given,
  onRetry,
  retryLabel = "Try again",
  onDismiss,
}: Props) {
  const requestId =
    error instanceof KeepsakeError && error.code === "server.failed" ? error.requestId : undefined;
  return (
    <div className={styles.error} role="alert">
      <TriangleAlert aria-hidden size={18} />
      <div>
        <p>{given ?? errorText(error)}</p>
        {requestId && (
          <p className={classes(text.hint, styles.reference)}>Reference for support: {requestId}</p>
        )}
      </div>
      {onRetry && <Button onClick={onRetry}>{retryLabel}</Button>}
      {onDismiss && (
        <Button variant="quiet" onClick={onDismiss}>
          Dismiss
        </Button>
      )}
    </div>
  );
}
