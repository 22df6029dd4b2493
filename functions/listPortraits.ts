import { worldRoutes } from "@keepsake/contract/api/worlds";
import { listPortraits } from "@keepsake/core/portraits/restorePortrait";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";

/** `GET /worlds/{world_id}/pieces/{piece_id}/portraits`: the versions of a portrait that exist. */
export const handler = authenticatedEndpoint("listPortraits", worldRoutes.listPortraits, (input) =>
  listPortraits({ sql: sql() }, input),
);
