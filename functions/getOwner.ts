import { ownerRoutes } from "@keepsake/contract/api/owner";
import { getOwner } from "@keepsake/core/owners/getOwner";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";
import { ownerBytes } from "./services/ownerLimits.ts";

/** `GET /me`: what the caller uses, and its limits. */
export const handler = authenticatedEndpoint("getOwner", ownerRoutes.getOwner, (input) =>
  getOwner({ sql: sql(), ownerBytes: ownerBytes() }, input),
);
