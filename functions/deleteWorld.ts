import * as worlds from "@keepsake/core/worlds/worlds";
import { endpoint } from "./runtime/endpoint.ts";
import { sql } from "./services/services.ts";

/** `DELETE /worlds/{world_id}`: a world and every portrait it had. */
export const handler = endpoint("deleteWorld", (input) => worlds.remove({ sql: sql() }, input));
