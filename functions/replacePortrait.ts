import * as worlds from "@keepsake/core/worlds/worlds";
import { endpoint } from "./runtime/endpoint.ts";
import { portraitQueue, sql } from "./services/services.ts";

/** `PUT /worlds/{world_id}/pieces/{piece_id}/portrait`: the next version of a portrait. */
export const handler = endpoint("replacePortrait", (input) =>
  worlds.replacePortrait({ sql: sql(), portraitQueue: portraitQueue() }, input),
);
