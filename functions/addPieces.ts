import * as worlds from "@keepsake/core/worlds/worlds";
import { endpoint } from "./runtime/endpoint.ts";
import { portraitQueue, sql } from "./services/services.ts";

/** `POST /worlds/{world_id}/pieces`: adds pieces and asks for their portraits. */
export const handler = endpoint("addPieces", (input) =>
  worlds.addPieces({ sql: sql(), portraitQueue: portraitQueue() }, input),
);
