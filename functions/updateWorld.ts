import * as worlds from "@keepsake/core/worlds/worlds";
import { endpoint } from "./runtime/endpoint.ts";
import { sql } from "./services/database.ts";

/** `PATCH /worlds/{world_id}`: changes a world, its picture included. */
export const handler = endpoint("updateWorld", (input) => worlds.update({ sql: sql() }, input));
