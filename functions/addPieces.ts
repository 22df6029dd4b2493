import { worldRoutes } from "@keepsake/contract/api/worlds";
import * as worlds from "@keepsake/core/worlds/worlds";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";
import { ownerBytes } from "./services/ownerLimits.ts";
import { portraitQueue } from "./services/queues.ts";

/** `POST /worlds/{world_id}/pieces`: adds pieces and queues their portraits. */
export const handler = authenticatedEndpoint("addPieces", worldRoutes.addPieces, (input) =>
  worlds.addPieces({ sql: sql(), ownerBytes: ownerBytes(), portraitQueue: portraitQueue() }, input),
);
