import { worldRoutes } from "@keepsake/contract/api/worlds";
import { unpublish } from "@keepsake/core/worlds/worldPages";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";

/** `DELETE /worlds/{world_id}/page`: switches the public page of a world off. */
export const handler = authenticatedEndpoint(
  "unpublishWorldPage",
  worldRoutes.unpublishWorldPage,
  (input) => unpublish({ sql: sql() }, input),
);
