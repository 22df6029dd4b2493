import type { DatasetItem } from "@keepsake/contract/api/datasets";
import type { Image } from "@keepsake/contract/schemas";
import { useState } from "react";
import { pluralize } from "../../ui/format.ts";
import { useCaptionStore } from "../captions/useCaptions.ts";
import type { Selection } from "../useSelection.ts";
import { applyChange, idOf, moveTo, undoRemoval } from "./applyChange.ts";
import type { GridFocus } from "./useGridFocus.ts";
import { useItemChanges } from "./useItemChanges.ts";

type Options = {
  dataset_id: string;
  items: DatasetItem[];
  isComplete: boolean;
  selection: Selection;
  focus: GridFocus;
};

/** What a person can do with the items of a dataset: each changes them, moves the focus, and says what happened. */
export function useItemActions({ dataset_id, items, isComplete, selection, focus }: Options) {
  const change = useItemChanges(dataset_id);
  const captions = useCaptionStore(dataset_id);
  const [said, say] = useState("");
  const [undo, setUndo] = useState<() => void>();
  const { goTo } = focus.actions;

  return {
    /** For screen readers. */
    said,
    /** Takes the last removal back. */
    undo,
    dismissUndo: () => setUndo(undefined),
    add(images: Image[]) {
      change({ type: "add", items: images.map((image) => ({ image })) });
      say(`${pluralize(images.length, "image")} added`);
    },
    setControl(image_id: string, control_image: Image | null) {
      change({ type: "control", image_id, control_image });
      say(control_image ? "Control image set" : "Control image removed");
    },
    /** Moves an item, with the others that are selected when it is, before the item at an index. */
    moveTo(image_id: string, index: number) {
      const moved = selection.selected.has(image_id) ? selection.selected : new Set([image_id]);
      const move = isComplete && moveTo(items, moved, index);
      if (!move) return;
      change(move);
      goTo(image_id);
      const first = applyChange(items, move).findIndex((item) => moved.has(idOf(item))) + 1;
      const to = `${first}${moved.size > 1 ? ` to ${first + moved.size - 1}` : ""}`;
      say(
        `${pluralize(moved.size, "image")} moved to position${moved.size > 1 ? "s" : ""} ${to} of ${items.length}`,
      );
    },
    remove(image_ids: string[]) {
      const removed = new Set(image_ids);
      const stays = (item: DatasetItem) => !removed.has(idOf(item));
      const last = items.findLastIndex((item) => removed.has(idOf(item)));
      const next = items.slice(last).find(stays) ?? items.findLast(stays);
      const typed = (item: DatasetItem) => captions.get(idOf(item));
      const undoing = undoRemoval(
        items.map((item) => ({ ...item, caption: (typed(item) ?? item).caption })),
        image_ids,
      );
      const unsaved = items
        .filter((item) => removed.has(idOf(item)) && (typed(item)?.status ?? "saved") !== "saved")
        .map((item) => ({ image_id: idOf(item), caption: typed(item)!.caption }));
      change({ type: "remove", image_ids, unsaved });
      if (next) goTo(idOf(next));
      say(`${pluralize(removed.size, "image")} removed from the dataset`);
      setUndo(() => () => {
        for (const addition of undoing) change(addition);
        setUndo(undefined);
        say("Removal undone");
        goTo(image_ids[0]!);
      });
    },
  };
}
