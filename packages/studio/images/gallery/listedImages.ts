import type { Image } from "@keepsake/contract/schemas";

/** `next_cursor` is undefined before the first page, and null after the last. */
export type ListedImages = { images: readonly Image[]; next_cursor: string | null | undefined };

/** A URL of a private image is valid for 30 minutes or longer. */
const freshMs = 20 * 60_000;

/** The list with its first page loaded again: what lies behind that page stays. */
export function withFirstPage(
  list: ListedImages,
  page: ListedImages,
  isOldestFirst: boolean,
): ListedImages {
  const last = page.images.at(-1);
  const known = new Map(list.images.map((image) => [image.image_id, image]));
  const images = page.images.map((image) => sameOrNew(known.get(image.image_id), image));
  if (!page.next_cursor || !last) return { ...page, images };
  const behind = list.images.filter(({ image_id }) =>
    isOldestFirst ? image_id > last.image_id : image_id < last.image_id,
  );
  if (behind.length === 0) return { ...page, images };
  return { images: [...images, ...behind], next_cursor: list.next_cursor };
}

export function withNextPage(list: ListedImages, page: ListedImages): ListedImages {
  const added = new Map(page.images.map((image) => [image.image_id, image]));
  for (const { image_id } of list.images) added.delete(image_id);
  for (const image of added.values()) sameOrNew(undefined, image);
  return { images: [...list.images, ...added.values()], next_cursor: page.next_cursor };
}

/** The list with an image where the API lists it: ids grow with time. Undefined: it stays where it is, or out of it. */
export function withImage(
  list: ListedImages,
  image: Image,
  isMatch: boolean | undefined,
  isOldestFirst: boolean,
): ListedImages {
  const { images, next_cursor } = list;
  if (next_cursor === undefined) return list; // nothing is loaded yet
  const { image_id } = image;
  const at = images.findIndex((listed) => listed.image_id === image_id);
  if (isMatch === false) return at < 0 ? list : { ...list, images: images.toSpliced(at, 1) };
  if (at >= 0) return { ...list, images: images.with(at, sameOrNew(images[at], image)) };
  if (isMatch === undefined) return list;
  const before = images.findIndex((listed) =>
    isOldestFirst ? listed.image_id > image_id : listed.image_id < image_id,
  );
  if (before < 0 && next_cursor) return list; // it is on a page that is not loaded
  return { ...list, images: images.toSpliced(before < 0 ? images.length : before, 0, image) };
}

const loadedAt = new WeakMap<Image, number>();

/** The image as it was when nothing changed, so that its tile is not rendered, nor a private one loaded, again. */
function sameOrNew(before: Image | undefined, image: Image): Image {
  const isOld = Date.now() - (before ? (loadedAt.get(before) ?? 0) : 0) > freshMs;
  const isPrivate = image.visibility === "private";
  if (before && !(isPrivate && isOld) && textOf(before) === textOf(image)) return before;
  loadedAt.set(image, Date.now());
  return image;
}

/** Without the signed addresses, which differ each time. */
const textOf = (image: Image) =>
  JSON.stringify(
    image.visibility === "private"
      ? { ...image, url: image.url !== null, variants: image.variants.length }
      : image,
  );
