import { Check, ImageOff, RotateCw, X } from "lucide-react";
import { memo } from "react";
import { bytesText, errorText } from "../api/errorText.ts";
import { CopyButton } from "../ui/CopyButton.tsx";
import { mayRetry, type Upload, type UploadQueue } from "./uploadQueue.ts";

type Props = { upload: Upload } & Pick<UploadQueue, "cancel" | "retry" | "dismiss">;

/** One file on its way, and what can be done about it. */
export const UploadRow = memo(function UploadRow({ upload, cancel, retry, dismiss }: Props) {
  const { id, file, preview, state } = upload;
  const of = <span className="visually-hidden"> {file.name}</span>;
  return (
    <li className={`upload ${state}`}>
      {preview ? (
        <img className="upload-preview" src={preview} alt="" decoding="async" />
      ) : (
        <span className="upload-preview">
          <ImageOff aria-hidden size={18} />
        </span>
      )}
      <div className="upload-text">
        <p className="upload-name">{file.name}</p>
        <Progress upload={upload} />
      </div>
      <div className="upload-actions">
        {(state === "waiting" || state === "sending") && (
          <button type="button" className="button small" onClick={() => cancel(id)}>
            Cancel{of}
          </button>
        )}
        {state === "done" && upload.image.url && (
          <CopyButton
            text={upload.image.url}
            label="Copy address"
            of={file.name}
            className="button small"
          />
        )}
        {state === "failed" && mayRetry(upload.error) && (
          <button type="button" className="button small" onClick={() => retry(id)}>
            <RotateCw aria-hidden size={15} />
            <span>Retry{of}</span>
          </button>
        )}
        {(state === "failed" || state === "done") && (
          <button type="button" className="button icon quiet small" onClick={() => dismiss(id)}>
            <X aria-hidden size={17} />
            <span className="visually-hidden">Dismiss {file.name}</span>
          </button>
        )}
      </div>
    </li>
  );
});

function Progress({ upload }: { upload: Upload }) {
  const { state, file } = upload;
  if (state === "failed") return <p className="upload-error">{errorText(upload.error)}</p>;
  if (state === "done")
    return (
      <p className="upload-done">
        <Check aria-hidden size={15} /> Kept, {bytesText(upload.image.bytes ?? file.size)}
      </p>
    );
  const percent = state === "sending" ? Math.floor(upload.fraction * 100) : 0;
  const said = { waiting: "Waiting", sending: `${percent}%`, checking: "Checking…" }[state];
  return (
    <div className="upload-progress">
      {/* without a value it only says that it goes on */}
      <progress
        aria-label={`Uploading ${file.name}`}
        {...(state !== "checking" && { value: percent, max: 100 })}
      />
      <span className="hint">{said}</span>
    </div>
  );
}
