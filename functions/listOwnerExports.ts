import { exportRoutes } from "@keepsake/contract/api/exports";
import * as exports from "@keepsake/core/exports/exports";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";
import { privateUrls } from "./services/privateUrls.ts";

/** `GET /me/exports`: the caller's exports of everything. */
export const handler = authenticatedEndpoint(
  "listOwnerExports",
  exportRoutes.listOwnerExports,
  (input) => exports.listOfEverything({ sql: sql(), privateUrls: privateUrls() }, input),
);
