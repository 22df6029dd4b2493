import { worldRoutes } from "@keepsake/contract/api/worlds";
import * as worlds from "@keepsake/core/worlds/worlds";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { worldPageUrl } from "./runtime/worldPageUrl.ts";
import { sql } from "./services/database.ts";
import { ownerBytes } from "./services/ownerLimits.ts";
import { portraitQueue } from "./services/queues.ts";

/** `POST /worlds`: saves the world and queues its portraits. */
export const handler = authenticatedEndpoint(
  "createWorld",
  worldRoutes.createWorld,
  (input, invocation) =>
    worlds.create(
      {
        sql: sql(),
        ownerBytes: ownerBytes(),
        portraitQueue: portraitQueue(),
        ...worldPageUrl(invocation),
      },
      input,
    ),
);
