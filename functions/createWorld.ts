import * as worlds from "@keepsake/core/worlds/worlds";
import { endpoint } from "./runtime/endpoint.ts";
import { sql } from "./services/database.ts";
import { ownerBytes } from "./services/ownerLimits.ts";
import { portraitQueue } from "./services/queues.ts";

/** `POST /worlds`: saves the world and queues its portraits. */
export const handler = endpoint("createWorld", (input) =>
  worlds.create({ sql: sql(), ownerBytes: ownerBytes(), portraitQueue: portraitQueue() }, input),
);
