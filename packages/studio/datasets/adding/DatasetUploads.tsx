import { UploadRow } from "../../images/uploads/UploadRow.tsx";
import card from "../../ui/card.module.css";
import { classes } from "../../ui/classes.ts";
import styles from "./DatasetUploads.module.css";
import type { UploadsIntoDataset } from "./useUploadsIntoDataset.ts";

/** The files that are on their way into the dataset. */
export function DatasetUploads({
  uploads: { files, remove, retry },
}: {
  uploads: UploadsIntoDataset;
}) {
  if (files.length === 0) return null;
  return (
    <ul aria-label="Uploads" className={classes(card.card, styles.uploads)}>
      {files.map((queued) => (
        <UploadRow key={queued.id} {...{ queued, remove, retry }} />
      ))}
    </ul>
  );
}
