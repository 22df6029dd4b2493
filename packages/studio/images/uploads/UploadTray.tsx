import { Dropzone } from "@keepsake/client/react";
import text from "../../ui/text.module.css";
import { TrayContent, type TrayUploads } from "./TrayContent.tsx";
import styles from "./UploadTray.module.css";
import { summaryOf } from "./uploadSummary.ts";
import { useDroppedFiles } from "./useDroppedFiles.ts";

/** Takes files that are dropped or pasted anywhere, and shows the uploads on every page. In a chunk of its own. */
export function UploadTray({ uploads }: { uploads: TrayUploads }) {
  const dropped = useDroppedFiles(uploads.add);
  const { files } = uploads;
  const isShown = files.length > 0 || dropped.offered.length > 0 || dropped.skipped.length > 0;
  return (
    <Dropzone upload={uploads} wholePage aria-label="Uploads" className={styles.zone}>
      {({ isDragging }) => (
        <>
          {isShown && <TrayContent uploads={uploads} dropped={dropped} />}
          <p role="status" className={text.visuallyHidden}>
            {summaryOf(files)}
          </p>
          {isDragging && (
            <div className={styles.dropFrame} aria-hidden>
              <p>Drop to upload</p>
            </div>
          )}
        </>
      )}
    </Dropzone>
  );
}
