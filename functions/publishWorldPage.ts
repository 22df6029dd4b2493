import { worldRoutes } from "@keepsake/contract/api/worlds";
import { publish } from "@keepsake/core/worlds/worldPages";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { worldPageUrl } from "./runtime/worldPageUrl.ts";
import { sql } from "./services/database.ts";

/** `PUT /worlds/{world_id}/page`: switches the public page of a world on. */
export const handler = authenticatedEndpoint(
  "publishWorldPage",
  worldRoutes.publishWorldPage,
  (input, invocation) => publish({ sql: sql(), ...worldPageUrl(invocation) }, input),
);
