import * as worlds from "@keepsake/core/worlds/worlds";
import { endpoint } from "./edge/http.ts";
import { portraitQueue, sql } from "./edge/services.ts";

/** `POST /worlds/{world_id}/pieces`: adds pieces and asks for their portraits. */
export const handler = endpoint("addPieces", (input) =>
  worlds.addPieces({ sql: sql(), portraitQueue: portraitQueue() }, input),
);
