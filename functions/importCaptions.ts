import { datasetRoutes } from "@keepsake/contract/api/datasets";
import { importCaptions } from "@keepsake/core/datasets/importCaptions";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";
import { privateUrls } from "./services/privateUrls.ts";

/** `PUT /datasets/{dataset_id}/captions`: sets captions from a `metadata.jsonl`. */
export const handler = authenticatedEndpoint(
  "importCaptions",
  datasetRoutes.importCaptions,
  (input) => importCaptions({ sql: sql(), privateUrls: privateUrls() }, input),
);
