import * as erasures from "@keepsake/core/erasures/erasures";
import { endpoint } from "./runtime/endpoint.ts";
import { sql } from "./services/database.ts";

/** `GET /erasures/{erasure_id}`: the receipt of a deletion. */
export const handler = endpoint("getErasure", (input) => erasures.get({ sql: sql() }, input));
