import { AppError } from "@keepsake/contract/errors";

export const datasetNotFound = () =>
  new AppError("dataset.not_found", "You have no dataset with this id: check the id");
