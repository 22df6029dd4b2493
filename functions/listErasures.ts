import { ownerRoutes } from "@keepsake/contract/api/owner";
import * as erasures from "@keepsake/core/erasures/erasures";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";

/** `GET /erasures`: what was erased of the caller, newest first. */
export const handler = authenticatedEndpoint("listErasures", ownerRoutes.listErasures, (input) =>
  erasures.list({ sql: sql() }, input),
);
