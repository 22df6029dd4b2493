import * as worlds from "@keepsake/core/worlds/worlds";
import { endpoint } from "./runtime/endpoint.ts";
import { portraitQueue, sql } from "./services/services.ts";

/** `POST /worlds`: saves the world and asks for its portraits. */
export const handler = endpoint("createWorld", (input) =>
  worlds.create({ sql: sql(), portraitQueue: portraitQueue() }, input),
);
