import { Dropzone, UploadButton, useUpload } from "@keepsake/client/react";

/** Uploads in a design of your own. */
export function Uploads() {
  const upload = useUpload({ maxFiles: 10 });
  const { files, progress, remove, retry } = upload;
  return (
    <Dropzone upload={upload}>
      {({ isDragging }) => (
        <>
          <UploadButton>{isDragging ? "Drop them here" : "Add pictures"}</UploadButton>
          <progress aria-label="Uploaded" value={progress.fraction} />
          <ul>
            {files.map(({ id, file, status, error, canRetry }) => (
              <li key={id}>
                {file.name}: {error?.message ?? status}
                <button type="button" onClick={() => (canRetry ? retry(id) : remove(id))}>
                  {canRetry ? "Retry" : "Remove"}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </Dropzone>
  );
}
