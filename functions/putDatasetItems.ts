import { datasetRoutes } from "@keepsake/contract/api/datasets";
import { putItems } from "@keepsake/core/datasets/putItems";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";
import { privateUrls } from "./services/privateUrls.ts";

/** `PUT /datasets/{dataset_id}/items`: adds, changes or moves images of a dataset. */
export const handler = authenticatedEndpoint(
  "putDatasetItems",
  datasetRoutes.putDatasetItems,
  (input) => putItems({ sql: sql(), privateUrls: privateUrls() }, input),
);
