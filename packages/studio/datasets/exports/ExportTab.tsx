import type { Dataset } from "@keepsake/contract/api/datasets";
import { useLocation } from "wouter";
import { LoadError } from "../../api/LoadError.tsx";
import { Skeleton } from "../../ui/Skeleton.tsx";
import text from "../../ui/text.module.css";
import { useItems } from "../items/useItems.ts";
import { Warnings } from "../Warnings.tsx";
import { ExportForm } from "./ExportForm.tsx";
import { ExportRow } from "./ExportRow.tsx";
import styles from "./ExportTab.module.css";
import { exportsKey, useExports } from "./useExports.ts";

type Props = {
  dataset: Dataset;
  /** Called with images to show among the others. */
  onShow(image_ids: string[]): void;
};

/** Exports a dataset for a trainer, and lists its exports. */
export function ExportTab({ dataset, onShow }: Props) {
  const { dataset_id, warnings } = dataset;
  const [, navigate] = useLocation();
  const { data: items } = useItems(dataset_id);
  const { data: exports, error, isPending, refetch } = useExports(dataset_id);
  const show = (image_ids: string[]) => {
    onShow(image_ids);
    navigate(`/datasets/${dataset_id}`);
  };
  return (
    <div className={styles.tab}>
      <div className={styles.new}>
        <Warnings warnings={warnings} items={items?.items ?? []} onShow={show} />
        <ExportForm dataset={dataset} items={items} onShow={show} />
      </div>
      <section className={styles.exports} aria-labelledby="exports">
        <h2 id="exports">Exports</h2>
        {error && <LoadError error={error} onRetry={refetch} isShown={exports !== undefined} />}
        {isPending && <Skeleton className={styles.loading} />}
        {exports?.length === 0 && (
          <p className={text.muted}>
            None yet. An export is a copy of the dataset as it is at that moment; it is kept for 24
            hours.
          </p>
        )}
        <ul className={styles.list}>
          {exports?.map((item) => (
            <ExportRow key={item.export_id} item={item} queryKey={exportsKey(dataset_id)} />
          ))}
        </ul>
      </section>
    </div>
  );
}
