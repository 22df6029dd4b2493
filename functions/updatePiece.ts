import { worldRoutes } from "@keepsake/contract/api/worlds";
import { updatePiece } from "@keepsake/core/worlds/changePieces";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";

/** `PATCH /worlds/{world_id}/pieces/{piece_id}`: changes the text of a piece. */
export const handler = authenticatedEndpoint("updatePiece", worldRoutes.updatePiece, (input) =>
  updatePiece({ sql: sql() }, input),
);
