import { type RefObject, useEffect, useRef } from "react";

/**
 * Focuses an element when one inside it had the focus and is gone, such as the button of a file that was removed. The
 * browser would move the focus to the page. Spread the result on the element.
 */
export function useKeptFocus(element: RefObject<HTMLElement | null>): {
  onFocus(): void;
  onBlur(): void;
} {
  const isInside = useRef(false);
  useEffect(() => {
    if (isInside.current && document.activeElement === document.body) element.current?.focus();
  });
  return {
    onFocus() {
      isInside.current = true;
    },
    // React does not call it for an element that it removes
    onBlur() {
      isInside.current = false;
    },
  };
}
