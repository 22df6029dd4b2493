import type { Image } from "./apiTypes.ts";

/** An image that is published: it has a URL and a size. An `Image` of a list may be pending, with `null` for these. */
export type PublishedImage = Image & {
  status: "published";
  url: string;
  width: number;
  height: number;
};
