import { exportRoutes } from "@keepsake/contract/api/exports";
import * as exports from "@keepsake/core/exports/exports";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";
import { privateUrls } from "./services/privateUrls.ts";

/** `GET /exports/{export_id}`: one export, with URLs of its files. */
export const handler = authenticatedEndpoint("getExport", exportRoutes.getExport, (input) =>
  exports.get({ sql: sql(), privateUrls: privateUrls() }, input),
);
