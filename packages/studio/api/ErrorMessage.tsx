import { AppError } from "@keepsake/contract/errors";
import { TriangleAlert } from "lucide-react";
import { errorText } from "./errorText.ts";

type Props = { error: unknown; onRetry?: () => void };

/** What went wrong, in words a person understands, and the way to try again where there is one. */
export function ErrorMessage({ error, onRetry }: Props) {
  const requestId =
    error instanceof AppError && error.code === "server.failed" ? error.requestId : undefined;
  return (
    <div className="problem" role="alert">
      <TriangleAlert aria-hidden size={18} />
      <div>
        <p>{errorText(error)}</p>
        {requestId && <p className="hint">Reference for support: {requestId}</p>}
      </div>
      {onRetry && (
        <button type="button" className="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
