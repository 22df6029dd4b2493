import type {
  DeleteImageRequest,
  Erasure,
  Image,
  ListImagesRequest,
  UpdateImageRequest,
} from "../../apiTypes.ts";
import type { Client } from "../../client.ts";
import { createPolledResource, type Resource } from "./polledResource.ts";

/** Which images are listed; all of them without a filter. */
export type ImageFilter = Pick<ListImagesRequest, "tag" | "q" | "platform">;

type ImageList = { images: Image[]; next_cursor: string | null };

export type ImageLists = {
  /** Shows a new image, or a changed one, in the lists that it belongs to. */
  put(image: Image): void;
  list(filter: ImageFilter): Resource<ImageList>;
  loadMore(list: Resource<ImageList>, filter: ImageFilter): Promise<void>;
  update(changes: UpdateImageRequest): Promise<Image>;
  remove(image: DeleteImageRequest): Promise<{ erasure: Erasure }>;
};

const pageSize = 24;
const largestPage = 100;
/** More lists are forgotten, the oldest first, when no component shows them: a search makes one for every word. */
const maxLists = 20;

const stores = new WeakMap<object, ImageLists>();

/** The lists of a client's images, which all components with that client share. */
export function imageLists(client: Client): ImageLists {
  const store = stores.get(client) ?? createImageLists(client);
  stores.set(client, store);
  return store;
}

function createImageLists(client: Client): ImageLists {
  const lists = new Map<string, { filter: ImageFilter; list: Resource<ImageList> }>();
  const changeAll = (change: (list: ImageList, filter: ImageFilter) => ImageList) => {
    for (const { list, filter } of lists.values()) list.change((loaded) => change(loaded, filter));
  };
  const put = (image: Image) => changeAll((list, filter) => withImage(list, image, filter));

  return {
    put,
    list(filter: ImageFilter): Resource<ImageList> {
      const key = JSON.stringify([filter.tag, filter.q, filter.platform]);
      const known = lists.get(key)?.list;
      if (known) return known;
      const list = createPolledResource<ImageList>({
        load: (signal, current) => loadAgain(client, filter, current?.images.length ?? 0, signal),
        isPending: ({ images }) => images.some(({ status }) => status === "pending"),
        reloadsWhenShown: true,
      });
      const { subscribe } = list;
      list.subscribe = (listener) => {
        lists.set(key, { filter, list });
        return subscribe(listener);
      };
      lists.set(key, { filter, list });
      for (const [oldKey, { list }] of lists)
        if (lists.size > maxLists && !list.isActive()) lists.delete(oldKey);
      return list;
    },
    async loadMore(list, filter) {
      const { data, status } = list.getSnapshot();
      if (data?.next_cursor === null) return status === "failed" ? list.refresh() : undefined;
      return list.more(async (signal, { images, next_cursor: cursor }) => {
        if (!cursor) return { images, next_cursor: null };
        const next = await client.listImages({ ...filter, limit: pageSize, cursor }, { signal });
        const known = new Set(images.map(({ image_id }) => image_id));
        const added = next.images.filter(({ image_id }) => !known.has(image_id));
        return { images: [...images, ...added], next_cursor: next.next_cursor };
      });
    },
    async update(changes: UpdateImageRequest): Promise<Image> {
      const { image } = await client.updateImage(changes);
      put(image);
      return image;
    },
    async remove(image: DeleteImageRequest): Promise<{ erasure: Erasure }> {
      const deleted = await client.deleteImage(image);
      const isOther = ({ image_id }: Image) => image_id !== image.image_id;
      changeAll((list) => ({ ...list, images: list.images.filter(isOther) }));
      return deleted;
    },
  };
}

/** The newest images: the first page, or as many as were loaded. */
async function loadAgain(
  client: Client,
  filter: ImageFilter,
  count: number,
  signal: AbortSignal,
): Promise<ImageList> {
  const images: Image[] = [];
  let cursor: string | null | undefined;
  do {
    const limit = Math.min(Math.max(count - images.length, pageSize), largestPage);
    const page = await client.listImages(
      { ...filter, limit, ...(cursor && { cursor }) },
      { signal },
    );
    images.push(...page.images);
    cursor = page.next_cursor;
  } while (cursor && images.length < count);
  return { images, next_cursor: cursor };
}

/** The list with an image where the API would list it: ids grow with time, and the newest is first. */
function withImage(list: ImageList, image: Image, filter: ImageFilter): ImageList {
  const { images, next_cursor } = list;
  const { image_id } = image;
  const isListed = images.some((listed) => listed.image_id === image_id);
  if (!mayMatch(image, filter, isListed))
    return { ...list, images: images.filter((listed) => listed.image_id !== image_id) };
  if (isListed)
    return {
      ...list,
      images: images.map((listed) => (listed.image_id === image_id ? image : listed)),
    };
  const older = images.findIndex((listed) => listed.image_id < image_id);
  if (older < 0 && next_cursor) return list; // it is on a page that is not loaded
  const at = older < 0 ? images.length : older;
  return { ...list, images: [...images.slice(0, at), image, ...images.slice(at)] };
}

/** Whether words match is for the server to say: an image stays in the results of a search, or out of them. */
function mayMatch({ tags, platform }: Image, filter: ImageFilter, isListed: boolean): boolean {
  if (filter.q !== undefined) return isListed;
  if (filter.platform !== undefined && filter.platform !== platform) return false;
  return filter.tag === undefined || tags.includes(filter.tag.toLowerCase());
}
