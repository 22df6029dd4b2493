import type { Image } from "@keepsake/contract/schemas";
import type { ImageBucket, Services } from "../ports.ts";

/** The bucket in which images of a visibility are published. */
export const bucketForVisibility = (
  { images, privateImages }: Pick<Services, "images" | "privateImages">,
  visibility: Image["visibility"],
): ImageBucket | Services["images"] => (visibility === "private" ? privateImages : images);
