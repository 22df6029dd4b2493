import * as owners from "@keepsake/core/owners/owners";
import { endpoint } from "./runtime/endpoint.ts";
import { sql } from "./services/services.ts";

/** `DELETE /me`: everything of the caller. */
export const handler = endpoint("eraseOwner", (input) => owners.erase({ sql: sql() }, input));
