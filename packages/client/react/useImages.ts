import { useMemo, useSyncExternalStore } from "react";
import type { DeleteImageRequest, Erasure, Image, UpdateImageRequest } from "../apiTypes.ts";
import { useKeepsake } from "./KeepsakeProvider.tsx";
import { type ImageFilter, imageLists } from "./stores/imageListStore.ts";
import { initialState } from "./stores/polledResource.ts";

export type UseImagesOptions = {
  /** Only images with this tag. */
  tag?: string | undefined;
  /** Only images whose texts contain these words. */
  q?: string | undefined;
  platform?: Image["platform"] | undefined;
};

export type Images = {
  /** Those that are loaded, newest first. They stay when a request fails. */
  images: readonly Image[];
  /** `loading` until the first response; `failed` when the last request failed, with its `error`. */
  status: "loading" | "ready" | "failed";
  error: Error | undefined;
  /** There are more to load. */
  hasMore: boolean;
  isLoadingMore: boolean;
  isRefreshing: boolean;
  /** Loads 24 more; 24 are loaded at first. */
  loadMore(): Promise<void>;
  /** Loads again all that is loaded. */
  refresh(): Promise<void>;
  /** Changes what is said about an image. Throws the API's error. */
  update(image_id: string, changes: Omit<UpdateImageRequest, "image_id">): Promise<Image>;
  /** Deletes an image. Throws the API's error. */
  remove(
    image_id: string,
    options?: Omit<DeleteImageRequest, "image_id">,
  ): Promise<{ erasure: Erasure }>;
};

/**
 * The owner's images. All components share a list: what is uploaded, changed or deleted through these hooks is in it
 * at once. While images are being fetched from elsewhere the list is loaded again.
 */
export function useImages({ tag, q, platform }: UseImagesOptions = {}): Images {
  const client = useKeepsake();
  const { list, actions } = useMemo(() => {
    const filter: ImageFilter = {
      ...(tag !== undefined && { tag }),
      ...(q !== undefined && { q }),
      ...(platform !== undefined && { platform }),
    };
    const store = imageLists(client);
    const list = store.list(filter);
    const actions: Pick<Images, "loadMore" | "refresh" | "update" | "remove"> = {
      loadMore: () => store.loadMore(list, filter),
      refresh: list.refresh,
      update: (image_id, changes) => store.update({ ...changes, image_id }),
      remove: (image_id, options) => store.remove({ ...options, image_id }),
    };
    return { list, actions };
  }, [client, tag, q, platform]);

  const state = useSyncExternalStore(list.subscribe, list.getSnapshot, () => initialState);
  return useMemo(() => {
    const { data, status, error, request } = state;
    return {
      ...{ images: data?.images ?? none, status, error },
      hasMore: Boolean(data?.next_cursor),
      isLoadingMore: request === "more",
      isRefreshing: request === "load",
      ...actions,
    };
  }, [state, actions]);
}

const none: readonly Image[] = [];
