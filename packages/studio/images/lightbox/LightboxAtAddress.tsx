import type { Image } from "@keepsake/contract/schemas";
import { useEffect, useRef } from "react";
import { useLocation, useRoute, useSearch } from "wouter";
import { lazyPart } from "../../ui/lazyPart.tsx";

type Props = {
  /** Those of the gallery, in its order. */
  images: readonly Image[];
  hasMore: boolean;
  loadMore(): unknown;
};

const Lightbox = lazyPart(async () => (await import("./Lightbox.tsx")).Lightbox);

/**
 * The lightbox over the gallery while the address is /images/ID. Going to a neighbour replaces the address, so that Back
 * closes it. The query of the address, which is the gallery's, stays.
 */
export function LightboxAtAddress({ images, hasMore, loadMore }: Props) {
  const [, params] = useRoute("/images/:image_id");
  const [, navigate] = useLocation();
  const query = useSearch();
  const search = query && `?${query}`;
  const image_id = params?.image_id;
  const wasOpenAtFirst = useRef(image_id !== undefined);
  useEffect(() => {
    if (!image_id) wasOpenAtFirst.current = false;
  }, [image_id]);

  if (!image_id) return null;
  return (
    <Lightbox
      {...{ images, image_id, hasMore, loadMore }}
      onMove={(id) => navigate(`/images/${id}${search}`, { replace: true })}
      onClose={() => {
        // the entry before this one is the gallery, unless the visit began here
        if (wasOpenAtFirst.current) navigate(`/images${search}`, { replace: true });
        else history.back();
      }}
    />
  );
}
