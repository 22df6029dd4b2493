import * as worlds from "@keepsake/core/worlds/worlds";
import { endpoint } from "./runtime/endpoint.ts";
import { sql } from "./services/database.ts";
import { portraitQueue } from "./services/queues.ts";

/** `PUT /worlds/{world_id}/pieces/{piece_id}/portrait`: makes the next version of a portrait. */
export const handler = endpoint("replacePortrait", (input) =>
  worlds.replacePortrait({ sql: sql(), portraitQueue: portraitQueue() }, input),
);
