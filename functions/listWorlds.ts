import { worldRoutes } from "@keepsake/contract/api/worlds";
import * as worlds from "@keepsake/core/worlds/worlds";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";

/** `GET /worlds`: the caller's worlds, newest first. */
export const handler = authenticatedEndpoint("listWorlds", worldRoutes.listWorlds, (input) =>
  worlds.list({ sql: sql() }, input),
);
