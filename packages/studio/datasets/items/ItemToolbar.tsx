import { ChooseFiles } from "../../images/ChooseFiles.tsx";
import { Button } from "../../ui/Button.tsx";
import { pluralize } from "../../ui/format.ts";
import { ImagePlus } from "../../ui/icons.tsx";
import type { UploadsIntoDataset } from "../adding/useUploadsIntoDataset.ts";
import { useCaptionStore, useUnsavedCaptions } from "../captions/useCaptions.ts";
import { FileText } from "../icons.tsx";
import styles from "./ItemToolbar.module.css";

type Props = {
  dataset_id: string;
  /** How many items are loaded, of how many. */
  count: number;
  total: number;
  isComplete: boolean;
  uploads: UploadsIntoDataset;
  onAdd(): void;
  onImport(): void;
};

/** How to get images and captions into a dataset, what is being saved, and the keys of the grid. */
export function ItemToolbar(props: Props) {
  const { dataset_id, count, total, isComplete, uploads, onAdd, onImport } = props;
  return (
    <div className={styles.toolbar}>
      <Button variant="primary" disabled={!isComplete} onClick={onAdd}>
        <ImagePlus size={18} /> Add images
      </Button>
      <ChooseFiles label="Upload" multiple disabled={!isComplete} onFiles={uploads.add} />
      {count > 0 && (
        <Button onClick={onImport}>
          <FileText size={17} /> Import captions
        </Button>
      )}
      <div className={styles.state} role="status">
        {!isComplete && <span>{`Loading ${count} of ${total}…`}</span>}
        <UnsavedCaptions dataset_id={dataset_id} />
      </div>
      {count > 0 && (
        <p id="grid-keys" className={styles.keys}>
          <kbd>Enter</kbd> edits a caption, <kbd>Ctrl</kbd> <kbd>Enter</kbd> or <kbd>Tab</kbd> saves
          it and goes on. <kbd>Space</kbd> selects, <kbd>Alt</kbd> with an arrow moves,{" "}
          <kbd>Delete</kbd> removes.
        </p>
      )}
    </div>
  );
}

function UnsavedCaptions({ dataset_id }: { dataset_id: string }) {
  const store = useCaptionStore(dataset_id);
  const { unsaved, failed } = useUnsavedCaptions(store);
  if (failed === 0) return unsaved > 0 && <span>Saving captions…</span>;
  return (
    <span className={styles.failed}>
      {pluralize(failed, "caption")} not saved yet, kept in this browser.{" "}
      <Button size="small" onClick={store.retry}>
        Retry
      </Button>
    </span>
  );
}
