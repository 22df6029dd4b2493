import type { Dataset } from "@keepsake/contract/api/datasets";
import { useState } from "react";
import { Link } from "wouter";
import { LoadError } from "../api/LoadError.tsx";
import { LoadingOrMissingPage } from "../api/LoadingOrMissingPage.tsx";
import { Button } from "../ui/Button.tsx";
import { Chip } from "../ui/Chip.tsx";
import { formatBytes, formatDate, pluralize } from "../ui/format.ts";
import { Images, Trash2 } from "../ui/icons.tsx";
import { Page } from "../ui/Page.tsx";
import styles from "./DatasetPage.module.css";
import { DeleteDataset } from "./DeleteDataset.tsx";
import { EditDataset } from "./EditDataset.tsx";
import { ExportTab } from "./exports/ExportTab.tsx";
import { Archive, Pencil, Tag } from "./icons.tsx";
import { FailedChanges } from "./items/FailedChanges.tsx";
import { ItemsTab } from "./items/ItemsTab.tsx";
import { useDataset } from "./useDataset.ts";

type Tab = "images" | "export";

/** One dataset: its images, or its exports. */
export function DatasetPage({ dataset_id, tab }: { dataset_id: string; tab: Tab }) {
  const { data: dataset, error, refetch } = useDataset(dataset_id);
  const [opened, setOpened] = useState<"edit" | "delete">();
  /** Images that a warning means; the tab with the images selects them and goes there. */
  const [wanted, setWanted] = useState<string[]>();
  if (!dataset) return <LoadingOrMissingPage noun="dataset" error={error} onRetry={refetch} />;
  return (
    <Page
      title={dataset.name}
      lead={<Facts dataset={dataset} />}
      actions={
        <>
          <Button onClick={() => setOpened("edit")}>
            <Pencil size={16} /> Edit
          </Button>
          <Button onClick={() => setOpened("delete")}>
            <Trash2 aria-hidden size={16} /> Delete…
          </Button>
        </>
      }
    >
      <nav aria-label="Dataset" className={styles.tabs}>
        <Link href={`/datasets/${dataset_id}`} aria-current={tab === "images" ? "page" : undefined}>
          <Images size={17} /> Images
        </Link>
        <Link
          href={`/datasets/${dataset_id}/export`}
          aria-current={tab === "export" ? "page" : undefined}
        >
          <Archive size={17} /> Export
        </Link>
      </nav>
      {error && <LoadError error={error} onRetry={refetch} isShown />}
      <FailedChanges dataset_id={dataset_id} />
      {tab === "images" ? (
        <ItemsTab dataset={dataset} wanted={wanted} onWantedShown={() => setWanted(undefined)} />
      ) : (
        <ExportTab dataset={dataset} onShow={setWanted} />
      )}
      {opened === "edit" && <EditDataset dataset={dataset} onClose={() => setOpened(undefined)} />}
      {opened === "delete" && (
        <DeleteDataset dataset={dataset} onClose={() => setOpened(undefined)} />
      )}
    </Page>
  );
}

function Facts({ dataset }: { dataset: Dataset }) {
  const { trigger_word, item_count, bytes, updated_at } = dataset;
  return (
    <>
      {trigger_word && (
        <>
          <Chip tone="accent">
            <Tag size={13} /> <bdi>{trigger_word}</bdi>
          </Chip>{" "}
        </>
      )}
      {pluralize(item_count, "image")}
      {item_count > 0 && `, ${formatBytes(bytes)}`}, changed {formatDate(updated_at)}
    </>
  );
}
