import { systemRoutes } from "@keepsake/contract/api/system";
import { openapi } from "@keepsake/contract/openapi/document";
import { publicEndpoint } from "./runtime/publicEndpoint.ts";

/** `GET /openapi.json`: the OpenAPI document of this API. */
export const handler = publicEndpoint("openapi", systemRoutes.openapi, async () => ({
  ...openapi(),
}));
