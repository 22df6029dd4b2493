import { exportRoutes } from "@keepsake/contract/api/exports";
import * as exports from "@keepsake/core/exports/exports";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";
import { privateUrls } from "./services/privateUrls.ts";

/** `GET /datasets/{dataset_id}/exports`: the exports of a dataset. */
export const handler = authenticatedEndpoint("listExports", exportRoutes.listExports, (input) =>
  exports.list({ sql: sql(), privateUrls: privateUrls() }, input),
);
