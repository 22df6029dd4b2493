import { AppError } from "@keepsake/contract/errors";

/** Portraits are public: none is made of a private image. */
export const imagePrivate = () =>
  new AppError(
    "image.private",
    "This image is private, and portraits are public: upload it again as a public image first",
  );

export const worldImagePrivate = () =>
  new AppError(
    "image.private",
    "This image is private, and the picture of a world is public: upload it again as a public image first",
  );

/** The caller named an image that is not one of its published images. */
export const imageNotPublished = () =>
  new AppError(
    "image.not_published",
    "You have no published image with this id: complete its upload first",
  );

export const imageNotFound = () =>
  new AppError("image.not_found", "You have no image with this id: check the id");
