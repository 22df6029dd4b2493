import { AppError } from "@keepsake/contract/errors";

export const uploadNotFound = () =>
  new AppError("upload.not_found", "You have no upload with this id: check the id");
