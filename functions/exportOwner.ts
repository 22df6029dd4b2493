import { exportRoutes } from "@keepsake/contract/api/exports";
import { exportOwner } from "@keepsake/core/exports/exportOwner";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";
import { privateUrls } from "./services/privateUrls.ts";
import { exportQueue } from "./services/queues.ts";

/** `POST /me/exports`: takes a snapshot of everything that the caller has and queues its zips. */
export const handler = authenticatedEndpoint("exportOwner", exportRoutes.exportOwner, (input) =>
  exportOwner({ sql: sql(), exportQueue: exportQueue(), privateUrls: privateUrls() }, input),
);
