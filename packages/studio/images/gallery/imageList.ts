import { type Client, KeepsakeError } from "@keepsake/client";
import type { Image } from "@keepsake/contract/schemas";
import type { ImageChange } from "../imageChanges.ts";
import { type GalleryFilter, isMatch, requestOf } from "./galleryFilter.ts";
import { type ListedImages, withFirstPage, withImage, withNextPage } from "./listedImages.ts";

export type ImageListState = ListedImages & {
  /** `loading` until the first response; `failed` when the last request failed, with its `error`. */
  status: "loading" | "ready" | "failed";
  error: unknown;
  isLoadingMore: boolean;
};

export type ImageList = ReturnType<typeof createImageList>;

/** They fill a window: the first picture is shown sooner than with as many as the API gives. */
const firstPageSize = matchMedia("(max-width: 30rem)").matches ? 18 : 40;
/** The most that the API gives. */
const pageSize = 100;
/** What is older is loaded again when it is shown again. */
const freshMs = 5_000;
const firstPollMs = 250;
const longestPollMs = 3_000;
const polledAtOnce = 10;

/**
 * The images of a filter, for lists of any length: only their first page is ever loaded again, and those that are
 * being fetched are asked for one by one. It does both while it is shown and its tab is visible.
 */
export function createImageList(client: Client, filter: GalleryFilter) {
  const isOldestFirst = filter.order === "oldest";
  const empty: ListedImages = { images: [], next_cursor: undefined };
  let state: ImageListState = {
    ...empty,
    status: "loading",
    error: undefined,
    isLoadingMore: false,
  };
  let loadedAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let polls = 0;
  /** Changes since the request in flight began: its response may not include them. */
  let changes: ImageChange[] = [];
  const listeners = new Set<() => void>();

  function set(changed: Partial<ImageListState>) {
    state = { ...state, ...changed };
    for (const listener of [...listeners]) listener();
  }

  /** Runs a request after the one in flight. */
  function run(cursor: string | undefined): Promise<void> {
    const request = async () => {
      changes = [];
      try {
        const page = await client.listImages({
          ...requestOf(filter),
          limit: cursor ? pageSize : firstPageSize,
          ...(cursor && { cursor }),
        });
        const loaded = cursor
          ? withNextPage(state, page)
          : withFirstPage(state, page, isOldestFirst);
        if (!cursor) loadedAt = performance.now();
        const { images, next_cursor } = changes.reduce(changed, loaded);
        set({ images, next_cursor, status: "ready", error: undefined, isLoadingMore: false });
      } catch (error) {
        set({ status: "failed", error, isLoadingMore: false });
      }
      running = undefined;
      schedulePoll();
    };
    running = running ? running.then(request) : request();
    return running;
  }

  const refresh = () => {
    polls = 0;
    return run(undefined);
  };

  function changed(list: ListedImages, change: ImageChange): ListedImages {
    if ("reset" in change) return empty;
    if ("removed" in change) {
      const images = list.images.filter(({ image_id }) => image_id !== change.removed);
      return images.length === list.images.length ? list : { ...list, images };
    }
    return withImage(list, change.put, isMatch(change.put, filter), isOldestFirst);
  }

  function schedulePoll() {
    clearTimeout(timer);
    if (listeners.size === 0 || document.visibilityState === "hidden") return;
    const pending = state.images.filter(({ status }) => status === "pending");
    if (pending.length === 0) return;
    const ms = Math.min(firstPollMs * 1.3 ** polls, longestPollMs);
    polls += 1;
    timer = setTimeout(async () => {
      await Promise.all(pending.slice(0, polledAtOnce).map(reload));
      schedulePoll();
    }, ms);
  }

  /** Loads one image again. It stays as it was when that fails. */
  async function reload({ image_id }: Pick<Image, "image_id">) {
    try {
      const { image } = await client.getImage({ image_id });
      list.change({ put: image });
    } catch (error) {
      if (error instanceof KeepsakeError && error.code === "image.not_found")
        list.change({ removed: image_id });
    }
  }

  function refreshWhenOld() {
    clearTimeout(timer);
    if (document.visibilityState === "hidden") return;
    if (performance.now() - loadedAt > freshMs && !running) void refresh();
    else schedulePoll();
  }

  function refreshWhenFailed() {
    if (state.status === "failed") void refresh();
  }

  const list = {
    subscribe(listener: () => void) {
      if (listeners.size === 0) {
        document.addEventListener("visibilitychange", refreshWhenOld);
        addEventListener("online", refreshWhenFailed);
        refreshWhenOld();
      }
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        document.removeEventListener("visibilitychange", refreshWhenOld);
        removeEventListener("online", refreshWhenFailed);
        clearTimeout(timer);
      };
    },
    getSnapshot: () => state,
    isShown: () => listeners.size > 0,
    /** Loads the first page again. Resolves when that succeeded or failed. */
    refresh,
    reload,
    async loadMore() {
      if (state.isLoadingMore) return;
      if (!state.next_cursor) return refresh();
      set({ isLoadingMore: true });
      await run(state.next_cursor);
    },
    change(change: ImageChange) {
      if (running) changes.push(change);
      const before = state.images;
      const { images, next_cursor } = changed(state, change);
      if (images !== before) set({ images, next_cursor });
      const isUnknown = "put" in change && isMatch(change.put, filter) === undefined;
      if ("reset" in change || (isUnknown && list.isShown())) void refresh();
      else if (!running) schedulePoll();
    },
  };
  return list;
}
