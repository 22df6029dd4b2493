import { worldRoutes } from "@keepsake/contract/api/worlds";
import * as worlds from "@keepsake/core/worlds/worlds";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { worldPageUrl } from "./runtime/worldPageUrl.ts";
import { sql } from "./services/database.ts";

/** `GET /worlds/{world_id}`: one world with its pieces. */
export const handler = authenticatedEndpoint(
  "getWorld",
  worldRoutes.getWorld,
  (input, invocation) => worlds.get({ sql: sql(), ...worldPageUrl(invocation) }, input),
);
