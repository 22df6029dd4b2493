import type { Image } from "@keepsake/contract/schemas";
import { type RefObject, useLayoutEffect, useRef, useState } from "react";

/**
 * Keeps the focus in the gallery. When an opened image is closed, by whatever means, its tile gets the focus; when it, or
 * several images, were deleted, the next one in their place, or else the heading.
 */
export function useTileFocus(
  opened: string | undefined,
  images: readonly Image[],
  heading: RefObject<HTMLElement | null>,
) {
  /** The image that the grid is to focus after its next rendering. */
  const focusOn = useRef<string>(undefined);
  const before = useRef(opened);
  const place = useRef(0);
  const [request, setRequest] = useState<{ place: number }>();
  const handled = useRef(request);

  const index = images.findIndex(({ image_id }) => image_id === (opened ?? before.current));
  if (index >= 0) place.current = index;
  const hasClosed = opened === undefined && before.current !== undefined;
  before.current = opened;
  const hasRequest = request !== handled.current;
  handled.current = request;
  if (hasRequest && request) place.current = request.place;
  if (hasClosed || hasRequest)
    focusOn.current = images[Math.min(place.current, images.length - 1)]?.image_id;
  useLayoutEffect(() => {
    if ((hasClosed || hasRequest) && images.length === 0) heading.current?.focus();
  });
  return { focusOn, focusPlace: (place: number) => setRequest({ place }) };
}
