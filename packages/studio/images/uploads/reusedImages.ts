import type { Image } from "@keepsake/contract/schemas";

/** Answers of the API to files whose bytes were in the person's images before. */
const reused = new WeakSet<object>();

export function markReused<Published extends object>(image: Published): Published {
  reused.add(image);
  return image;
}

/** Whether a file became no image of its own: the person had its bytes already. */
export const isReused = (image: Partial<Image> | undefined): boolean =>
  image !== undefined && reused.has(image);
