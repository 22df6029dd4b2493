import * as worlds from "@keepsake/core/worlds/worlds";
import { endpoint } from "./runtime/endpoint.ts";
import { sql } from "./services/database.ts";

/** `GET /worlds/{world_id}`: one world with its pieces. */
export const handler = endpoint("getWorld", (input) => worlds.get({ sql: sql() }, input));
