import type { DatasetSummary } from "@keepsake/contract/api/datasets";
import type { Image } from "@keepsake/contract/schemas";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ErrorMessage } from "../../api/ErrorMessage.tsx";
import { LoadError } from "../../api/LoadError.tsx";
import { LoadMore } from "../../api/LoadMore.tsx";
import { moreOfQuery } from "../../api/moreOfQuery.ts";
import { useSession } from "../../session/SessionProvider.tsx";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { pluralize } from "../../ui/format.ts";
import { Layers } from "../../ui/icons.tsx";
import text from "../../ui/text.module.css";
import { Plus } from "../icons.tsx";
import { itemsKey } from "../items/useItems.ts";
import { thumbnailSource } from "../thumbnailSource.ts";
import { datasetKey } from "../useDataset.ts";
import { datasetsKey, useDatasets } from "../useDatasets.ts";
import styles from "./ChooseDataset.module.css";

type Props = {
  images: Image[];
  onAdded(dataset: DatasetSummary): void;
  onNew(): void;
  onClose(): void;
};

/** Chooses the dataset that images are added to, and adds them. */
export function ChooseDataset({ images, onAdded, onNew, onClose }: Props) {
  const { client } = useSession();
  const queries = useQueryClient();
  const list = useDatasets();
  const datasets = list.data?.pages.flatMap((page) => page.datasets) ?? [];
  const addition = useMutation({
    mutationFn: ({ dataset_id }: DatasetSummary) =>
      client.putDatasetItems({
        dataset_id,
        items: images.map(({ image_id }) => ({ image_id })),
      }),
    onSuccess: (_, dataset) => onAdded(dataset),
    onSettled(_data, _error, { dataset_id }) {
      for (const queryKey of [datasetsKey, datasetKey(dataset_id), itemsKey(dataset_id)])
        queries.invalidateQueries({ queryKey });
    },
  });
  return (
    <Dialog
      title={`Add ${pluralize(images.length, "image")} to…`}
      onClose={onClose}
      actions={
        <Button variant="primary" onClick={onNew}>
          <Plus size={16} /> New dataset
        </Button>
      }
    >
      {addition.isError && <ErrorMessage error={addition.error} />}
      {list.isError && datasets.length === 0 && (
        <LoadError error={list.error} onRetry={() => list.refetch()} />
      )}
      {list.isSuccess && datasets.length === 0 && (
        <p className={text.muted}>You have no datasets yet.</p>
      )}
      <ul className={styles.datasets}>
        {datasets.map((dataset) => (
          <li key={dataset.dataset_id}>
            <button
              type="button"
              className={styles.dataset}
              disabled={addition.isPending}
              onClick={() => addition.mutate(dataset)}
            >
              {dataset.cover ? (
                <img {...thumbnailSource(dataset.cover)} alt="" loading="lazy" />
              ) : (
                <span className={styles.blank}>
                  <Layers size={20} />
                </span>
              )}
              <span className={styles.name} dir="auto">
                {dataset.name}
              </span>
              <span className={text.hint}>{pluralize(dataset.item_count, "image")}</span>
            </button>
          </li>
        ))}
      </ul>
      <LoadMore {...moreOfQuery(list)} />
    </Dialog>
  );
}
