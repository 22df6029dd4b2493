import * as worlds from "@keepsake/core/worlds/worlds";
import { endpoint } from "./runtime/endpoint.ts";
import { sql } from "./services/database.ts";

/** `GET /worlds`: the caller's worlds, newest first. */
export const handler = endpoint("listWorlds", (input) => worlds.list({ sql: sql() }, input));
