import { AppError } from "@keepsake/contract/errors";

export const worldNotFound = () =>
  new AppError(
    "world.not_found",
    "You have no world with this id: it was deleted, or the id is wrong",
  );
