import { exportRoutes } from "@keepsake/contract/api/exports";
import * as exports from "@keepsake/core/exports/exports";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";

/** `DELETE /exports/{export_id}`: ends an export and removes its files. */
export const handler = authenticatedEndpoint("deleteExport", exportRoutes.deleteExport, (input) =>
  exports.remove({ sql: sql() }, input),
);
