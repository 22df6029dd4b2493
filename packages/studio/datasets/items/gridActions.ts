/** What the grid asks of the page. */
export type GridActions = {
  /** Moves an item, with the others that are selected when it is, before the item at an index. */
  moveTo(image_id: string, index: number): void;
  remove(image_ids: string[]): void;
  chooseControl(image_id: string): void;
};

/** What a card asks of its grid. */
export type CardEvents = {
  select(image_id: string, isRange: boolean): void;
  edit(image_id: string): void;
  /** `step` is 1 for the next caption, -1 for the one before, 0 to stay at this one. */
  finishEditing(image_id: string, step: -1 | 0 | 1): void;
  stopEditing(image_id: string): void;
  hasNext(image_id: string, step: -1 | 1): boolean;
  startDrag(image_id: string): void;
  remove(image_id: string): void;
  chooseControl(image_id: string): void;
};
