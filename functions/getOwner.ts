import { getOwner } from "@keepsake/core/owners/getOwner";
import { endpoint } from "./runtime/endpoint.ts";
import { sql } from "./services/database.ts";
import { ownerBytes } from "./services/ownerLimits.ts";

/** `GET /me`: what the caller uses, and its limits. */
export const handler = endpoint("getOwner", (input) =>
  getOwner({ sql: sql(), ownerBytes: ownerBytes() }, input),
);
