import { datasetRoutes } from "@keepsake/contract/api/datasets";
import * as items from "@keepsake/core/datasets/items";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";

/** `DELETE /datasets/{dataset_id}/items/{image_id}`: takes an image out of a dataset. */
export const handler = authenticatedEndpoint(
  "deleteDatasetItem",
  datasetRoutes.deleteDatasetItem,
  (input) => items.remove({ sql: sql() }, input),
);
