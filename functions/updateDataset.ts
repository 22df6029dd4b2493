import { datasetRoutes } from "@keepsake/contract/api/datasets";
import * as datasets from "@keepsake/core/datasets/datasets";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";
import { privateUrls } from "./services/privateUrls.ts";

/** `PATCH /datasets/{dataset_id}`: changes a dataset's name or trigger word. */
export const handler = authenticatedEndpoint(
  "updateDataset",
  datasetRoutes.updateDataset,
  (input) => datasets.update({ sql: sql(), privateUrls: privateUrls() }, input),
);
