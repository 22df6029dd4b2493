import { worldRoutes } from "@keepsake/contract/api/worlds";
import * as worlds from "@keepsake/core/worlds/worlds";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";

/** `DELETE /worlds/{world_id}`: deletes a world and all its portraits. */
export const handler = authenticatedEndpoint("deleteWorld", worldRoutes.deleteWorld, (input) =>
  worlds.remove({ sql: sql() }, input),
);
