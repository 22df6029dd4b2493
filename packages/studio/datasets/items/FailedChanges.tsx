import { ErrorMessage } from "../../api/ErrorMessage.tsx";
import { useFailedChanges } from "./useItemChanges.ts";

/** Why changes of a dataset's items failed, until they are tried again or dismissed. */
export function FailedChanges({ dataset_id }: { dataset_id: string }) {
  const { error, retry, dismiss } = useFailedChanges(dataset_id);
  if (!error) return null;
  return <ErrorMessage error={error} onDismiss={dismiss} {...(retry && { onRetry: retry })} />;
}
