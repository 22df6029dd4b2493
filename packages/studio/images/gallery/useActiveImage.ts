import type { Image } from "@keepsake/contract/schemas";
import { type FocusEvent, type RefObject, useCallback, useRef, useState } from "react";

/**
 * The image that has the focus, or is reached by the Tab key. When it goes, so that the focus would be lost, the next one
 * in its place gets it.
 */
export function useActiveImage(images: readonly Image[], focusOn: RefObject<string | undefined>) {
  const [active, setActive] = useState<string>();
  const [isInside, setIsInside] = useState(false);
  /** Where it was in the list, while it was in it. */
  const place = useRef(0);

  const wanted = focusOn.current ?? active;
  const index = wanted === undefined ? -1 : images.findIndex(({ image_id }) => image_id === wanted);
  if (index >= 0) place.current = index;
  const heir = images[Math.min(place.current, images.length - 1)]?.image_id;
  const image_id = index >= 0 ? wanted : wanted && heir;
  if (wanted !== undefined && index < 0 && (isInside || focusOn.current)) focusOn.current = heir;

  return {
    image_id,
    /** The focus is in the grid, or is on its way there. */
    isInside: isInside || focusOn.current !== undefined,
    goTo: useCallback(
      (image_id: string) => {
        focusOn.current = image_id;
        setActive(image_id);
      },
      [focusOn],
    ),
    onFocus: useCallback(({ target }: FocusEvent<HTMLElement>) => {
      setActive(target.closest<HTMLElement>("[data-image]")?.dataset.image);
      setIsInside(true);
    }, []),
    onBlur: useCallback(({ currentTarget, relatedTarget }: FocusEvent<HTMLElement>) => {
      if (!currentTarget.contains(relatedTarget)) setIsInside(false);
    }, []),
  };
}
