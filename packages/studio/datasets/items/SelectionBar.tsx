import { ActionBar } from "../../ui/ActionBar.tsx";
import { Button } from "../../ui/Button.tsx";
import { DismissButton } from "../../ui/DismissButton.tsx";
import { Trash2 } from "../../ui/icons.tsx";
import { MoveRight, Undo2 } from "../icons.tsx";
import type { Selection } from "../useSelection.ts";

type Props = {
  selection: Selection;
  canChange: boolean;
  undo: (() => void) | undefined;
  onMove(): void;
  remove(image_ids: string[]): void;
  dismissUndo(): void;
};

/** What can be done with the selected items; else, that items were removed and can be brought back. */
export function SelectionBar({ selection, canChange, undo, onMove, remove, dismissUndo }: Props) {
  const { selected, select } = selection;
  if (selected.size > 0)
    return (
      <ActionBar name="Selection" label={`${selected.size} selected`}>
        <Button size="small" disabled={!canChange} onClick={onMove}>
          <MoveRight size={16} /> Move…
        </Button>
        <Button size="small" disabled={!canChange} onClick={() => remove([...selected])}>
          <Trash2 size={15} /> Remove
        </Button>
        <Button variant="quiet" size="small" onClick={() => select([])}>
          Clear
        </Button>
      </ActionBar>
    );
  if (undo)
    return (
      <ActionBar name="Selection" label="Removed">
        <Button size="small" onClick={undo}>
          <Undo2 size={16} /> Undo
        </Button>
        <DismissButton onClick={dismissUndo} />
      </ActionBar>
    );
  return null;
}
