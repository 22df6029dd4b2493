import { KeepsakeError } from "@keepsake/client";

/** A later attempt may succeed without a change. */
export const isTemporary = (error: unknown) =>
  !(error instanceof KeepsakeError) ||
  error.code === "service.unavailable" ||
  error.code === "server.failed";
