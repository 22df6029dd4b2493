import type { DatasetItem } from "@keepsake/contract/api/datasets";
import { useState } from "react";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Field } from "../../ui/Field.tsx";
import { pluralize } from "../../ui/format.ts";
import { idOf } from "./applyChange.ts";
import styles from "./MoveItems.module.css";

type Props = {
  items: DatasetItem[];
  selected: ReadonlySet<string>;
  /** Called with one of the selected images, and the index before which all of them go. */
  onMove(image_id: string, index: number): void;
  onClose(): void;
};

/** Moves the selected items without dragging: to the beginning, to the end, or to a position. */
export function MoveItems({ items, selected, onMove, onClose }: Props) {
  const [position, setPosition] = useState("");
  const others = items.filter((item) => !selected.has(idOf(item)));
  const first = items.find((item) => selected.has(idOf(item)));
  const last = others.length + 1;
  const moveTo = (wanted: number) => {
    const behind = others[wanted - 1];
    if (first) onMove(idOf(first), behind ? items.indexOf(behind) : items.length);
  };
  return (
    <Dialog title={`Move ${pluralize(selected.size, "image")}`} onClose={onClose}>
      <div className={styles.ends}>
        <Button onClick={() => moveTo(1)}>To the beginning</Button>
        <Button onClick={() => moveTo(last)}>To the end</Button>
      </div>
      <form
        className={styles.position}
        onSubmit={(event) => {
          event.preventDefault();
          moveTo(Number(position));
        }}
      >
        <Field label="To position" hint={`1 to ${last}`}>
          <input
            type="number"
            inputMode="numeric"
            required
            min={1}
            max={last}
            value={position}
            onChange={({ target }) => setPosition(target.value)}
          />
        </Field>
        <Button type="submit" variant="primary">
          Move
        </Button>
      </form>
    </Dialog>
  );
}
