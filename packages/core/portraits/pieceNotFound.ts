import { AppError } from "@keepsake/contract/errors";

/** A piece that its world does not have, or that is not the caller's. */
export const pieceNotFound = () =>
  new AppError(
    "piece.not_found",
    "This character or its world does not exist any more: it was deleted, or an id is wrong",
  );
