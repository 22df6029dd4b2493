import * as owners from "@keepsake/core/owners/eraseOwner";
import { endpoint } from "./runtime/endpoint.ts";
import { sql } from "./services/database.ts";

/** `DELETE /me`: deletes everything the caller owns. */
export const handler = endpoint("eraseOwner", (input) => owners.erase({ sql: sql() }, input));
