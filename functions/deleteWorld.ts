import * as worlds from "@keepsake/core/worlds/worlds";
import { endpoint } from "./runtime/endpoint.ts";
import { sql } from "./services/database.ts";

/** `DELETE /worlds/{world_id}`: deletes a world and all its portraits. */
export const handler = endpoint("deleteWorld", (input) => worlds.remove({ sql: sql() }, input));
