import { AppError } from "@keepsake/contract/errors";
import { TriangleAlert } from "lucide-react";
import { Button } from "../ui/Button.tsx";
import { classes } from "../ui/classes.ts";
import text from "../ui/text.module.css";
import styles from "./ErrorMessage.module.css";
import { errorText } from "./errorText.ts";

type Props = { error: unknown; onRetry?: () => void };

/** What went wrong and what to do, with a button to try again when `onRetry` is given. */
export function ErrorMessage({ error, onRetry }: Props) {
  const requestId =
    error instanceof AppError && error.code === "server.failed" ? error.requestId : undefined;
  return (
    <div className={styles.error} role="alert">
      <TriangleAlert aria-hidden size={18} />
      <div>
        <p>{errorText(error)}</p>
        {requestId && (
          <p className={classes(text.hint, styles.reference)}>Reference for support: {requestId}</p>
        )}
      </div>
      {onRetry && <Button onClick={onRetry}>Try again</Button>}
    </div>
  );
}
