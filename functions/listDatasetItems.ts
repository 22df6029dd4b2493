import { datasetRoutes } from "@keepsake/contract/api/datasets";
import * as items from "@keepsake/core/datasets/items";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";
import { privateUrls } from "./services/privateUrls.ts";

/** `GET /datasets/{dataset_id}/items`: the images of a dataset in their order. */
export const handler = authenticatedEndpoint(
  "listDatasetItems",
  datasetRoutes.listDatasetItems,
  (input) => items.list({ sql: sql(), privateUrls: privateUrls() }, input),
);
