import * as worlds from "@keepsake/core/worlds/worlds";
import { endpoint } from "./edge/http.ts";
import { sql } from "./edge/services.ts";

/** `DELETE /worlds/{world_id}`: a world and every portrait it had. */
export const handler = endpoint("deleteWorld", (input) => worlds.remove({ sql: sql() }, input));
