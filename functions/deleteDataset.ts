import { datasetRoutes } from "@keepsake/contract/api/datasets";
import * as datasets from "@keepsake/core/datasets/datasets";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";

/** `DELETE /datasets/{dataset_id}`: deletes a dataset. Its images stay. */
export const handler = authenticatedEndpoint(
  "deleteDataset",
  datasetRoutes.deleteDataset,
  (input) => datasets.remove({ sql: sql() }, input),
);
