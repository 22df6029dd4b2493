import { datasetRoutes } from "@keepsake/contract/api/datasets";
import * as datasets from "@keepsake/core/datasets/datasets";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";
import { privateUrls } from "./services/privateUrls.ts";

/** `POST /datasets`: creates a dataset without images. */
export const handler = authenticatedEndpoint(
  "createDataset",
  datasetRoutes.createDataset,
  (input) => datasets.create({ sql: sql(), privateUrls: privateUrls() }, input),
);
