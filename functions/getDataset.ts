import { datasetRoutes } from "@keepsake/contract/api/datasets";
import * as datasets from "@keepsake/core/datasets/datasets";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";
import { privateUrls } from "./services/privateUrls.ts";

/** `GET /datasets/{dataset_id}`: one dataset with its warnings. */
export const handler = authenticatedEndpoint("getDataset", datasetRoutes.getDataset, (input) =>
  datasets.get({ sql: sql(), privateUrls: privateUrls() }, input),
);
