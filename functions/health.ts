import * as health from "@keepsake/core/health";
import { publicEndpoint } from "./runtime/publicEndpoint.ts";
import { sql } from "./services/database.ts";

/** `GET /health`: whether the API and its database respond. */
export const handler = publicEndpoint("health", () => health.check({ sql: sql() }));
