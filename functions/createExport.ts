import { exportRoutes } from "@keepsake/contract/api/exports";
import { createExport } from "@keepsake/core/exports/createExport";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";
import { privateUrls } from "./services/privateUrls.ts";
import { exportQueue } from "./services/queues.ts";

/** `POST /datasets/{dataset_id}/exports`: takes a snapshot of the dataset and queues its zips. */
export const handler = authenticatedEndpoint("createExport", exportRoutes.createExport, (input) =>
  createExport({ sql: sql(), exportQueue: exportQueue(), privateUrls: privateUrls() }, input),
);
