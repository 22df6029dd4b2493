import { worldRoutes } from "@keepsake/contract/api/worlds";
import { restorePortrait } from "@keepsake/core/portraits/restorePortrait";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";

/** `POST /worlds/{world_id}/pieces/{piece_id}/portraits/{version}/restore`: brings a replaced portrait back. */
export const handler = authenticatedEndpoint(
  "restorePortrait",
  worldRoutes.restorePortrait,
  (input) => restorePortrait({ sql: sql() }, input),
);
