import type { Output } from "@keepsake/contract/api";
import type { Image } from "@keepsake/contract/schemas";
import { type InfiniteData, type QueryClient, useInfiniteQuery } from "@tanstack/react-query";
import { useSession } from "../session/SessionProvider.tsx";

const imagesKey = ["images"] as const;

type List = InfiniteData<Output<"listImages">, string | null>;

/** The owner's images in every state, newest first; `data` holds those loaded so far. */
export function useImages() {
  const { client } = useSession();
  return useInfiniteQuery({
    queryKey: imagesKey,
    queryFn: ({ pageParam: cursor, signal }) =>
      client.listImages({ limit: 24, ...(cursor && { cursor }) }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    select: allImages,
    // images from other platforms are fetched within seconds
    refetchInterval: ({ state }) =>
      state.data && allImages(state.data).some(({ status }) => status === "pending")
        ? 2_000
        : false,
  });
}

/** Adds an image that was just published to the list, without loading the list again. */
export function putImage(queries: QueryClient, image: Image) {
  queries.setQueryData<List>(imagesKey, (list) => list && withImage(list, image));
  // a response in flight may not include the image
  if (queries.isFetching({ queryKey: imagesKey })) refreshImages(queries);
}

/** Removes an image that was just deleted from the list. */
export async function removeImage(queries: QueryClient, image_id: string) {
  await queries.cancelQueries({ queryKey: imagesKey }); // a response in flight may still include the image
  queries.setQueryData<List>(
    imagesKey,
    (list) => list && mapPages(list, (images) => images.filter((i) => i.image_id !== image_id)),
  );
}

/** Resolves when the list, where it is shown, was loaded again. */
export const refreshImages = (queries: QueryClient) =>
  queries.invalidateQueries({ queryKey: imagesKey });

/** Inserts an image where the API would list it: ids grow with time, and the newest is first. */
function withImage(list: List, image: Image): List {
  const { image_id } = image;
  if (allImages(list).some((known) => known.image_id === image_id))
    return mapPages(list, (images) => images.map((i) => (i.image_id === image_id ? image : i)));

  const last = list.pages.length - 1;
  const page = list.pages.findIndex(
    ({ images, next_cursor }, index) =>
      images.some((older) => older.image_id < image_id) || (index === last && !next_cursor),
  );
  return mapPages(list, (images, index) =>
    index === page ? [...images, image].sort(byAge) : images,
  );
}

const byAge = (a: Image, b: Image) => (a.image_id < b.image_id ? 1 : -1);

const mapPages = (list: List, change: (images: Image[], index: number) => Image[]): List => ({
  ...list,
  pages: list.pages.map((page, index) => ({ ...page, images: change(page.images, index) })),
});

const allImages = ({ pages }: List) => pages.flatMap(({ images }) => images);
