import type { DatasetImage, DatasetItem } from "@keepsake/contract/api/datasets";
import type { Caption } from "../captions/captionStore.ts";

/** A caption or control image that is not given stays as it is. */
type NewItem = Pick<DatasetItem, "image"> & Partial<Pick<DatasetItem, "caption" | "control_image">>;

/** A change of a dataset's items. `after` is an image; null is the beginning. `unsaved` comes back when the removal fails. */
export type Change =
  | { type: "move"; image_ids: string[]; after: string | null }
  | { type: "add"; items: NewItem[]; after?: string | null }
  | { type: "remove"; image_ids: string[]; unsaved: Caption[] }
  | { type: "control"; image_id: string; control_image: DatasetImage | null };

/** The items as they are after a change. */
export function applyChange(items: DatasetItem[], change: Change): DatasetItem[] {
  if (change.type === "control") {
    const { image_id, control_image } = change;
    return items.map((item) => (idOf(item) === image_id ? { ...item, control_image } : item));
  }
  const changed =
    change.type === "add" ? change.items.map(({ image }) => image.image_id) : change.image_ids;
  const ids = new Set(changed);
  const others = items.filter((item) => !ids.has(idOf(item)));
  if (change.type === "remove") return others;

  const known = new Map(items.map((item) => [idOf(item), item]));
  const moved =
    change.type === "move"
      ? change.image_ids.flatMap((id) => known.get(id) ?? [])
      : change.items.map(
          (item): DatasetItem => ({
            position: 0,
            caption: null,
            control_image: null,
            ...item,
          }),
        );
  const { after } = change;
  const index =
    after === undefined ? others.length : others.findIndex((item) => idOf(item) === after) + 1;
  return others.toSpliced(index, 0, ...moved);
}

/** The changes that put removed items back to where they were in `items`. */
export function undoRemoval(items: DatasetItem[], image_ids: string[]): Change[] {
  const removed = new Set(image_ids);
  const changes: Extract<Change, { type: "add" }>[] = [];
  items.forEach((item, index) => {
    if (!removed.has(idOf(item))) return;
    const previous = items[index - 1];
    if (previous && removed.has(idOf(previous))) changes.at(-1)!.items.push(item);
    else changes.push({ type: "add", items: [item], after: previous ? idOf(previous) : null });
  });
  return changes;
}

/** The move that puts images, in their present order, before the item at `index`; null when nothing changes. */
export function moveTo(
  items: DatasetItem[],
  moved: ReadonlySet<string>,
  index: number,
): Extract<Change, { type: "move" }> | null {
  const before = items.slice(0, index).filter((item) => !moved.has(idOf(item)));
  const last = before.at(-1);
  const image_ids = items.map(idOf).filter((id) => moved.has(id));
  const change: Change = { type: "move", image_ids, after: last ? idOf(last) : null };
  const isSame = applyChange(items, change).every((item, at) => item === items[at]);
  return isSame ? null : change;
}

export const idOf = ({ image }: { image: { image_id: string } }) => image.image_id;
