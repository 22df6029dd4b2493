import type { Image } from "@keepsake/contract/schemas";
import { useEffect, useState } from "react";
import type { Selection } from "../../datasets/useSelection.ts";
import { ActionBar } from "../../ui/ActionBar.tsx";
import { Button } from "../../ui/Button.tsx";
import { Layers, Trash2 } from "../../ui/icons.tsx";
import { lazyPart } from "../../ui/lazyPart.tsx";
import { CopyImages } from "./bulk/CopyImages.tsx";
import { DeleteImages } from "./bulk/DeleteImages.tsx";
import { DownloadImages } from "./bulk/DownloadImages.tsx";
import { TagImages } from "./bulk/TagImages.tsx";
import { chooseZipTarget, type ZipTarget } from "./bulk/zipTarget.ts";
import { Copy, Download, Tag } from "./icons.tsx";

const AddToDataset = lazyPart(
  async () => (await import("../../datasets/lazyParts.ts")).AddToDataset,
);

type Props = {
  images: readonly Image[];
  selection: Selection;
  isSelecting: boolean;
  onDone(): void;
  /** Called after images were deleted, with where the first one was in the list. */
  onDeleted(place: number): void;
};

type Opened = { images: Image[]; place: number } & (
  | { action: "delete" | "copy" | "tag" | "dataset" }
  | { action: "download"; target: ZipTarget }
);

/** What can be done with the selected images: a bar while some can be selected, and the dialogs of its buttons. */
export function SelectionActions({ images, selection, isSelecting, onDone, onDeleted }: Props) {
  const { selected, select } = selection;
  /** With the images that were selected then: deleting them ends their selection. */
  const [opened, setOpened] = useState<Opened>();
  const chosen = images.filter(({ image_id }) => selected.has(image_id));
  const published = chosen.filter(({ status }) => status === "published");
  const place = images.findIndex(({ image_id }) => selected.has(image_id));
  const askToDelete = () =>
    chosen.length > 0 && setOpened({ action: "delete", images: chosen, place });
  useDeleteKey(askToDelete);
  const close = () => setOpened(undefined);
  const closeDeleted = () => {
    close();
    if (!opened?.images.every(({ image_id }) => images.some((left) => left.image_id === image_id)))
      onDeleted(opened!.place);
  };

  return (
    <>
      {isSelecting && (
        <ActionBar name="Selection" label={`${selected.size} selected`}>
          <Button
            size="small"
            disabled={published.length === 0}
            onClick={() => setOpened({ action: "copy", images: published, place })}
          >
            <Copy size={16} /> Copy…
          </Button>
          <Button
            size="small"
            disabled={published.length === 0}
            onClick={async () => {
              const target = await chooseZipTarget();
              if (target) setOpened({ action: "download", images: published, place, target });
            }}
          >
            <Download size={16} /> Download
          </Button>
          <Button
            size="small"
            disabled={published.length === 0}
            onClick={() => setOpened({ action: "tag", images: published, place })}
          >
            <Tag size={16} /> Tags…
          </Button>
          <Button
            size="small"
            disabled={published.length === 0}
            onClick={() => setOpened({ action: "dataset", images: published, place })}
          >
            <Layers size={16} /> Add to dataset…
          </Button>
          <Button size="small" disabled={chosen.length === 0} onClick={askToDelete}>
            <Trash2 size={16} /> Delete…
          </Button>
          {selected.size < images.length && (
            <Button
              variant="quiet"
              size="small"
              onClick={() => select(images.map(({ image_id }) => image_id))}
            >
              Select all {images.length} loaded
            </Button>
          )}
          <Button variant="quiet" size="small" onClick={onDone}>
            Done
          </Button>
        </ActionBar>
      )}
      {opened?.action === "delete" && (
        <DeleteImages images={opened.images} onClose={closeDeleted} />
      )}
      {opened?.action === "copy" && <CopyImages images={opened.images} onClose={close} />}
      {opened?.action === "tag" && <TagImages images={opened.images} onClose={close} />}
      {opened?.action === "dataset" && <AddToDataset images={opened.images} onClose={close} />}
      {opened?.action === "download" && (
        <DownloadImages images={opened.images} target={opened.target} onClose={close} />
      )}
    </>
  );
}

/** In the grid, Delete asks to delete the selected images. */
function useDeleteKey(onDelete: () => void) {
  useEffect(() => {
    const onKeyDown = ({ key, target }: KeyboardEvent) => {
      const isInGrid = (target as Element).closest("[role=grid]");
      if (key === "Delete" && isInGrid && !document.querySelector("dialog[open]")) onDelete();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  });
}
