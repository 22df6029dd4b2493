import * as health from "@keepsake/core/health";
import { endpoint } from "./runtime/endpoint.ts";
import { sql } from "./services/database.ts";

/** `GET /health`: whether the API and its database respond. */
export const handler = endpoint("health", () => health.check({ sql: sql() }));
