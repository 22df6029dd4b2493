import { AppError } from "@keepsake/contract/errors";
import { httpMiddleware } from "./runtime/httpMiddleware.ts";

/** `$default`: every request that matches no route. */
export const handler = httpMiddleware("$default").handler(async ({ requestContext: { http } }) => {
  // API Gateway sends CORS preflights here, and adds the CORS headers to the response itself
  if (http.method === "OPTIONS") return { statusCode: 204 };
  throw new AppError(
    "route.not_found",
    `There is no ${http.method} ${http.path}: see GET /openapi.json`,
  );
});
