import { KeepsakeError } from "@keepsake/client";
import { useEffect, useRef } from "react";
import { ErrorMessage } from "./ErrorMessage.tsx";

type Props = {
  error: unknown;
  onRetry(): unknown;
  /** Whether what was loaded before is shown. */
  isShown?: boolean;
};

/** Why something could not be loaded. It is tried again by its button, and by itself when the connection is back. */
export function LoadError({ error, onRetry, isShown = false }: Props) {
  const isOffline =
    !navigator.onLine && error instanceof KeepsakeError && error.code === "service.unavailable";
  const latest = useRef(onRetry);
  latest.current = onRetry;
  useEffect(() => {
    const retry = () => void latest.current();
    addEventListener("online", retry);
    return () => removeEventListener("online", retry);
  }, []);
  const text = isShown
    ? "No connection. What you see may be out of date until it is back."
    : "No connection. This appears when it is back.";
  return <ErrorMessage error={error} {...(isOffline && { text })} onRetry={() => void onRetry()} />;
}
