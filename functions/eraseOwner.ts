import * as owners from "@keepsake/core/owners/owners";
import { endpoint } from "./edge/http.ts";
import { sql } from "./edge/services.ts";

/** `DELETE /me`: everything of the caller. */
export const handler = endpoint("eraseOwner", (input) => owners.erase({ sql: sql() }, input));
