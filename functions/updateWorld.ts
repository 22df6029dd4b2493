import { worldRoutes } from "@keepsake/contract/api/worlds";
import * as worlds from "@keepsake/core/worlds/worlds";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { worldPageUrl } from "./runtime/worldPageUrl.ts";
import { sql } from "./services/database.ts";

/** `PATCH /worlds/{world_id}`: changes a world, its picture included. */
export const handler = authenticatedEndpoint(
  "updateWorld",
  worldRoutes.updateWorld,
  (input, invocation) => worlds.update({ sql: sql(), ...worldPageUrl(invocation) }, input),
);
