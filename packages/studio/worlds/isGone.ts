import { KeepsakeError } from "@keepsake/client";

/** Whether an error says that a world, or a piece of it, was deleted: the page is loaded again then. */
export const isGone = (error: unknown): boolean =>
  error instanceof KeepsakeError && ["world.not_found", "piece.not_found"].includes(error.code);
