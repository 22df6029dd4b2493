import { AppError } from "@keepsake/contract/errors";

/** The caller named an image that is not one of its published images. */
export const imageNotPublished = () =>
  new AppError(
    "image.not_published",
    "There is no such published image among yours: complete its upload first",
  );
