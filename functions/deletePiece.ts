import { worldRoutes } from "@keepsake/contract/api/worlds";
import { deletePiece } from "@keepsake/core/worlds/changePieces";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";

/** `DELETE /worlds/{world_id}/pieces/{piece_id}`: deletes a piece and its portrait. */
export const handler = authenticatedEndpoint("deletePiece", worldRoutes.deletePiece, (input) =>
  deletePiece({ sql: sql() }, input),
);
