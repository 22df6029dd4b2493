import { AppError } from "@keepsake/contract/errors";

export const uploadNotFound = () =>
  new AppError("upload.not_found", "There is no such upload among yours: check the id");
