import { datasetRoutes } from "@keepsake/contract/api/datasets";
import * as datasets from "@keepsake/core/datasets/datasets";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";
import { privateUrls } from "./services/privateUrls.ts";

/** `GET /datasets`: the caller's datasets, newest first. */
export const handler = authenticatedEndpoint("listDatasets", datasetRoutes.listDatasets, (input) =>
  datasets.list({ sql: sql(), privateUrls: privateUrls() }, input),
);
