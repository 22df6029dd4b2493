import { ownerRoutes } from "@keepsake/contract/api/owner";
import * as owners from "@keepsake/core/owners/eraseOwner";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";

/** `DELETE /me`: deletes everything the caller owns. */
export const handler = authenticatedEndpoint("eraseOwner", ownerRoutes.eraseOwner, (input) =>
  owners.erase({ sql: sql() }, input),
);
