import { useState } from "react";
import { Link, useLocation } from "wouter";
import { LoadError } from "../api/LoadError.tsx";
import { LoadMore } from "../api/LoadMore.tsx";
import { moreOfQuery } from "../api/moreOfQuery.ts";
import { Button, buttonClass } from "../ui/Button.tsx";
import { EmptyState } from "../ui/EmptyState.tsx";
import { Page } from "../ui/Page.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { DatasetCard } from "./DatasetCard.tsx";
import styles from "./DatasetsPage.module.css";
import { Plus } from "./icons.tsx";
import { NewDataset } from "./NewDataset.tsx";
import { useDatasets } from "./useDatasets.ts";

/** Every dataset of the owner. */
export function DatasetsPage() {
  const list = useDatasets();
  const [, navigate] = useLocation();
  const [isCreating, setIsCreating] = useState(false);
  const datasets = list.data?.pages.flatMap((page) => page.datasets);
  return (
    <Page
      title="Datasets"
      lead="Pictures with captions, in an order: what you train a model on. Export one in the layout that your trainer reads."
      actions={
        <Button variant="primary" onClick={() => setIsCreating(true)}>
          <Plus size={18} /> New dataset
        </Button>
      }
    >
      {list.isError && !datasets && <LoadError error={list.error} onRetry={() => list.refetch()} />}
      {list.isPending && (
        <div className={styles.datasets} role="status" aria-label="Loading your datasets…">
          <Skeleton className={styles.loading} />
          <Skeleton className={styles.loading} />
          <Skeleton className={styles.loading} />
        </div>
      )}
      {datasets?.length === 0 && (
        <EmptyState title="No datasets yet">
          <p>
            Select pictures under Images and make a dataset of them, or make an empty one and add
            pictures to it.
          </p>
          <Link href="/images" className={buttonClass()}>
            Select from your images
          </Link>
        </EmptyState>
      )}
      {datasets && datasets.length > 0 && (
        <ul className={styles.datasets} aria-label="Datasets">
          {datasets.map((dataset) => (
            <li key={dataset.dataset_id}>
              <DatasetCard {...dataset} />
            </li>
          ))}
        </ul>
      )}
      <LoadMore {...moreOfQuery(list)} />
      {isCreating && (
        <NewDataset
          images={[]}
          onCreated={({ dataset_id }) => navigate(`/datasets/${dataset_id}`)}
          onClose={() => setIsCreating(false)}
        />
      )}
    </Page>
  );
}
