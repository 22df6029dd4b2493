import * as health from "@keepsake/core/health";
import { endpoint } from "./edge/http.ts";
import { sql } from "./edge/services.ts";

/** `GET /health`: whether the API and its database answer. */
export const handler = endpoint("health", () => health.check({ sql: sql() }));
