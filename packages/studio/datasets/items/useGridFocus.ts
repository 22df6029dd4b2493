import { useMemo, useRef, useState } from "react";

export type GridFocus = ReturnType<typeof useGridFocus>;

/** Which item of the grid has the focus or is reached by the Tab key, and which caption is being edited. */
export function useGridFocus() {
  const [active, setActive] = useState<string>();
  const [editing, setEditing] = useState<string>();
  /** The focus is in the grid. */
  const [isInside, setIsInside] = useState(false);
  const request = useRef<string>(undefined);
  const actions = useMemo(() => {
    const arriveAt = (image_id: string) => {
      setActive(image_id);
      setIsInside(true);
    };
    return {
      /** The focus has arrived at an item by itself. */
      arriveAt,
      leave: () => setIsInside(false),
      /** Moves the focus to an item, and scrolls to it. */
      goTo(image_id: string) {
        request.current = image_id;
        arriveAt(image_id);
        setEditing(undefined);
      },
      edit(image_id: string) {
        request.current = image_id;
        arriveAt(image_id);
        setEditing(image_id);
      },
      stopEditing: () => setEditing(undefined),
      /** The item that the grid has to focus after it was rendered. */
      takeRequest() {
        const image_id = request.current;
        request.current = undefined;
        return image_id;
      },
    };
  }, []);
  return { active, editing, isInside, actions };
}
