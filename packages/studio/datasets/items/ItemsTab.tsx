import type { Dataset, DatasetItem } from "@keepsake/contract/api/datasets";
import { useLayoutEffect, useMemo, useRef, useState } from "react";
import { LoadError } from "../../api/LoadError.tsx";
import { Skeleton } from "../../ui/Skeleton.tsx";
import text from "../../ui/text.module.css";
import { AddImages } from "../adding/AddImages.tsx";
import { DatasetUploads } from "../adding/DatasetUploads.tsx";
import { useUploadsIntoDataset } from "../adding/useUploadsIntoDataset.ts";
import { ImportCaptions } from "../captions/ImportCaptions.tsx";
import { useSelection } from "../useSelection.ts";
import { Warnings } from "../Warnings.tsx";
import { idOf } from "./applyChange.ts";
import { ControlImage } from "./ControlImage.tsx";
import { EmptyDataset } from "./EmptyDataset.tsx";
import { ItemGrid } from "./ItemGrid.tsx";
import styles from "./ItemsTab.module.css";
import { ItemToolbar } from "./ItemToolbar.tsx";
import { MoveItems } from "./MoveItems.tsx";
import { SelectionBar } from "./SelectionBar.tsx";
import { useGridFocus } from "./useGridFocus.ts";
import { useItemActions } from "./useItemActions.ts";
import { useItems } from "./useItems.ts";

type Props = {
  dataset: Dataset;
  /** Images to select and to go to, once they are loaded. */
  wanted: string[] | undefined;
  onWantedShown(): void;
};

/** The images of a dataset with all that is done to them. */
export function ItemsTab({ dataset, wanted, onWantedShown }: Props) {
  const { dataset_id, warnings } = dataset;
  const { data, error, isPending, refetch } = useItems(dataset_id);
  const items = data?.items ?? none;
  const isComplete = data?.isComplete === true;
  const ids = useMemo(() => items.map(idOf), [items]);
  const selection = useSelection(ids);
  const focus = useGridFocus();
  const actions = useItemActions({ dataset_id, items, isComplete, selection, focus });
  const uploads = useUploadsIntoDataset(dataset_id, actions.add);
  const [opened, setOpened] = useState<"add" | "import" | "move">();
  const [controlled, chooseControl] = useState<string>();
  const warned = useMemo(() => new Set(warnings.flatMap(imagesAtFault)), [warnings]);

  const show = (image_ids: string[]) => {
    const listed = image_ids.filter((id) => ids.includes(id));
    if (!listed[0]) return;
    selection.select(listed.length > 1 ? listed : []);
    focus.actions.goTo(listed[0]);
  };
  const shownWanted = useRef<string[]>(undefined);
  useLayoutEffect(() => {
    if (!wanted || !isComplete || shownWanted.current === wanted) return;
    shownWanted.current = wanted;
    show(wanted);
    onWantedShown();
  });

  if (isPending) return <LoadingItems />;
  const close = () => setOpened(undefined);
  const add = () => setOpened("add");
  return (
    <>
      {error && <LoadError error={error} onRetry={refetch} isShown={data !== undefined} />}
      {items.length > 0 && <Warnings warnings={warnings} items={items} onShow={show} />}
      <div className={styles.images}>
        <ItemToolbar
          {...{ dataset_id, isComplete, uploads }}
          count={items.length}
          total={dataset.item_count}
          onAdd={add}
          onImport={() => setOpened("import")}
        />
        <DatasetUploads uploads={uploads} />
        {items.length === 0 && uploads.files.length === 0 && <EmptyDataset />}
        {items.length > 0 && (
          <ItemGrid
            {...{ dataset_id, items, isComplete, selection, focus, warned }}
            actions={{ ...actions, chooseControl }}
          />
        )}
      </div>
      <SelectionBar
        selection={selection}
        canChange={isComplete}
        onMove={() => setOpened("move")}
        {...actions}
      />
      <p role="status" className={text.visuallyHidden}>
        {actions.said}
      </p>
      {opened === "add" && (
        <AddImages
          present={new Set(ids)}
          onAdd={(images) => {
            close();
            actions.add(images);
            focus.actions.goTo(images[0]!.image_id);
          }}
          onClose={close}
        />
      )}
      {opened === "import" && <ImportCaptions dataset_id={dataset_id} onClose={close} />}
      {opened === "move" && (
        <MoveItems
          items={items}
          selected={selection.selected}
          onMove={(image_id, index) => {
            close();
            actions.moveTo(image_id, index);
          }}
          onClose={close}
        />
      )}
      {controlled && (
        <ControlImage
          item={items.find((item) => idOf(item) === controlled)}
          onChoose={(image) => {
            chooseControl(undefined);
            actions.setControl(controlled, image);
          }}
          onClose={() => chooseControl(undefined)}
        />
      )}
    </>
  );
}

/** Those that get a sign. Missing captions are visible without one. */
const imagesAtFault = ({ code, image_ids }: Dataset["warnings"][number]) =>
  code === "few_images" || code === "captions_missing" ? [] : image_ids;

const LoadingItems = () => (
  <div role="status" aria-label="Loading the images…" className={styles.loading}>
    {Array.from({ length: 6 }, (_, index) => (
      <Skeleton key={index} className={styles.skeleton} />
    ))}
  </div>
);

const none: DatasetItem[] = [];
