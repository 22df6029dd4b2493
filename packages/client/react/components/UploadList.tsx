import { memo, type ReactElement, useRef } from "react";
import { isCancellable, type QueuedFile, type UploadStatus } from "../../queue/queuedFile.ts";
import type { Upload } from "../useUpload.ts";
import { useUploadOf } from "./UploadContext.tsx";
import { useKeptFocus } from "./useKeptFocus.ts";

export type UploadListProps = {
  /** That of the dropzone around it by default. */
  upload?: Upload | undefined;
};

/**
 * The files of a queue, each with its progress or error and the buttons that apply, and a button that takes off those
 * that are published or cancelled, which come last. `data-status` is a file's status.
 */
export function UploadList(props: UploadListProps): ReactElement {
  const { files, cancel, retry, remove, clear } = useUploadOf(props.upload);
  const list = useRef<HTMLUListElement>(null);
  const focus = useKeptFocus(list);
  const sorted = [...files].sort((a, b) => Number(isFinished(a)) - Number(isFinished(b)));
  return (
    <>
      <ul
        ref={list}
        {...focus}
        tabIndex={-1}
        aria-label="Files"
        data-keepsake="files"
        hidden={files.length === 0}
      >
        {sorted.map((file) => (
          <Row key={file.id} {...{ file, cancel, retry, remove }} />
        ))}
      </ul>
      {files.some(isFinished) && (
        <button
          type="button"
          {...focus}
          data-keepsake="clear"
          onClick={() => clear("published", "cancelled")}
        >
          Clear finished
        </button>
      )}
    </>
  );
}

/** Published or cancelled: there is nothing to do about it. */
const isFinished = ({ status }: QueuedFile) => status === "published" || status === "cancelled";

type RowProps = { file: QueuedFile } & Pick<Upload, "cancel" | "retry" | "remove">;

const Row = memo(function Row({ file: queued, cancel, retry, remove }: RowProps) {
  const { id, file, status, progress, error, canRetry } = queued;
  const button = (action: string, onClick: (id: string) => void, part = action.toLowerCase()) => (
    <button
      type="button"
      data-keepsake={part}
      aria-label={`${action} ${file.name}`}
      onClick={() => onClick(id)}
    >
      {action}
    </button>
  );
  const isSending = status === "uploading" || status === "checking";
  const canCancel = isCancellable(queued);
  return (
    <li data-keepsake="file" data-status={status}>
      <span data-keepsake="name">{file.name}</span>
      {isSending && (
        // without a value it is indeterminate
        <progress
          aria-label={`Uploading ${file.name}`}
          {...(status === "uploading" && { value: progress, max: 1 })}
        />
      )}
      <span data-keepsake="state">
        {status === "uploading"
          ? `${Math.floor(progress * 100)} %`
          : status === "failed"
            ? error?.message
            : stateTexts[status]}
      </span>
      {canCancel && button("Cancel", cancel)}
      {canRetry && button("Retry", retry)}
      {!canCancel && status !== "checking" && button("Dismiss", remove, "remove")}
    </li>
  );
});

const stateTexts: Partial<Record<UploadStatus, string>> = {
  waiting: "Waiting",
  offline: "Waiting for the connection",
  checking: "Checking…",
  published: "Uploaded",
  cancelled: "Cancelled",
};
