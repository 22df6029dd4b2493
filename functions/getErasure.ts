import { ownerRoutes } from "@keepsake/contract/api/owner";
import * as erasures from "@keepsake/core/erasures/erasures";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";

/** `GET /erasures/{erasure_id}`: the receipt of a deletion. */
export const handler = authenticatedEndpoint("getErasure", ownerRoutes.getErasure, (input) =>
  erasures.get({ sql: sql() }, input),
);
