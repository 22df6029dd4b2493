import * as worlds from "@keepsake/core/worlds/worlds";
import { endpoint } from "./edge/http.ts";
import { sql } from "./edge/services.ts";

/** `GET /worlds/{world_id}`: one world with its pieces. */
export const handler = endpoint("getWorld", (input) => worlds.get({ sql: sql() }, input));
