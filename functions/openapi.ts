import { openapi } from "@keepsake/contract/openapi";
import { endpoint } from "./runtime/endpoint.ts";

/** `GET /openapi.json`: what this API takes and answers. */
export const handler = endpoint("openapi", async () => ({ ...openapi() }));
