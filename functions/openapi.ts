import { openapi } from "@keepsake/contract/openapi/document";
import { endpoint } from "./runtime/endpoint.ts";

/** `GET /openapi.json`: the OpenAPI document of this API. */
export const handler = endpoint("openapi", async () => ({ ...openapi() }));
