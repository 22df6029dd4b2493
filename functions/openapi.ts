import { openapi } from "@keepsake/contract/openapi";
import { endpoint } from "./edge/http.ts";

/** `GET /openapi.json`: what this API takes and answers. */
export const handler = endpoint("openapi", async () => ({ ...openapi() }));
