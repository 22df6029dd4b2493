import type { ReactElement } from "react";
import type { Upload } from "../useUpload.ts";
import { useUploadOf } from "./UploadContext.tsx";

export type UploadProgressProps = {
  /** That of the dropzone around it by default. */
  upload?: Upload | undefined;
};

/**
 * The progress of all files, with buttons to cancel them and to retry those that failed. Screen readers announce when
 * uploads start, stop for the connection and end, and nothing between.
 */
export function UploadProgress(props: UploadProgressProps): ReactElement {
  const upload = useUploadOf(props.upload);
  const { files, progress, isBusy, isOffline } = upload;
  const canRetry = !isBusy && files.some((file) => file.status === "failed" && file.canRetry);
  return (
    <div
      data-keepsake="progress"
      data-busy={isBusy || undefined}
      data-offline={isOffline || undefined}
    >
      <p role="status" data-keepsake="summary">
        {summaryOf(upload)}
      </p>
      {isBusy && (
        <>
          <progress aria-label="Progress of all files" value={progress.fraction} max={1} />
          <span data-keepsake="count">
            {progress.published} of {progress.total}
          </span>
          <button type="button" data-keepsake="cancel-all" onClick={() => upload.cancel()}>
            Cancel all
          </button>
        </>
      )}
      {canRetry && (
        <button type="button" data-keepsake="retry-all" onClick={() => upload.retry()}>
          Retry all that failed
        </button>
      )}
    </div>
  );
}

/** Changes only when uploads start, wait, go on or end. */
function summaryOf({ progress, isBusy, isOffline }: Upload): string {
  const { published, failed, total } = progress;
  if (isOffline) return "No connection: the upload goes on when it is back";
  if (isBusy) return "Uploading…";
  const problem = failed > 0 ? `${countOf(failed)} failed` : "";
  if (total === 0) return problem;
  return `${countOf(published)} uploaded${problem && `, ${problem}`}`;
}

const countOf = (count: number) => `${count} ${count === 1 ? "file" : "files"}`;
