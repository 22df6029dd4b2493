import { systemRoutes } from "@keepsake/contract/api/system";
import * as health from "@keepsake/core/health";
import { publicEndpoint } from "./runtime/publicEndpoint.ts";
import { lastMigration, sql } from "./services/database.ts";

/** `GET /health`: whether the API and its database respond, and the database has this code's migrations. */
export const handler = publicEndpoint("health", systemRoutes.health, () =>
  health.check({ sql: sql(), migration: lastMigration() }),
);
