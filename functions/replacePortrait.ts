import { worldRoutes } from "@keepsake/contract/api/worlds";
import { replacePortrait } from "@keepsake/core/portraits/replacePortrait";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";
import { ownerBytes } from "./services/ownerLimits.ts";
import { portraitQueue } from "./services/queues.ts";

/** `PUT /worlds/{world_id}/pieces/{piece_id}/portrait`: makes the next version of a portrait. */
export const handler = authenticatedEndpoint(
  "replacePortrait",
  worldRoutes.replacePortrait,
  (input) =>
    replacePortrait(
      { sql: sql(), ownerBytes: ownerBytes(), portraitQueue: portraitQueue() },
      input,
    ),
);
