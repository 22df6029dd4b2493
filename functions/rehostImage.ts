import { rehostRoutes } from "@keepsake/contract/api/rehosts";
import { requestRehost } from "@keepsake/core/rehosts/requestRehost";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";
import { ownerBytes } from "./services/ownerLimits.ts";
import { privateUrls } from "./services/privateUrls.ts";
import { rehostQueue } from "./services/queues.ts";
import { identify } from "./services/rehostFileIds.ts";

/** `POST /rehosts`: re-hosts an image of another platform, for other backends and bots. */
export const handler = authenticatedEndpoint(
  "rehostImage",
  rehostRoutes.rehostImage,
  (input, { remainingMs }) =>
    requestRehost(
      {
        sql: sql(),
        ownerBytes: ownerBytes(),
        rehostQueue: rehostQueue(),
        identify: identify(),
        privateUrls: privateUrls(),
        // loads what decodes and stores images when the first request waits
        rehostNow: async (...args) =>
          (await import("./services/workOnRehost.ts")).workOnRehost(...args),
      },
      input,
      { remainingMs },
    ),
);
