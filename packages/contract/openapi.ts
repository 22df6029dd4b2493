import * as z from "zod/mini";
import { createDocument, type ZodOpenApiPathsObject } from "zod-openapi";
import { api, type Endpoint, ErrorResponse, IdempotencyKey } from "./api.ts";
import { statuses } from "./errors.ts";
import { limits } from "./limits.ts";
import { type Route, type RouteName, routes } from "./routes.ts";

/** The OpenAPI 3.1 document of the whole API, derived from the routes and their schemas. */
export function openapi() {
  const paths: ZodOpenApiPathsObject = {};
  for (const name of Object.keys(routes) as RouteName[]) {
    const { method, path } = routes[name];
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(name) };
  }
  return createDocument({
    openapi: "3.1.0",
    info: {
      title: "Keepsake",
      version: "1",
      description: "Turns temporary images into checked images behind permanent URLs.",
    },
    components: {
      securitySchemes: { jwt: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
    },
    paths,
    "x-limits": limits,
    "x-error-statuses": statuses,
  });
}

function operation(name: RouteName) {
  const { access, creates }: Route = routes[name];
  const { summary, path, query, body, output, status, instead }: Endpoint = api[name];
  return {
    operationId: name,
    summary,
    ...(access === "public" ? {} : { security: [{ jwt: [] }] }),
    requestParams: {
      ...(path && { path: path() }),
      ...(query && { query: query() }),
      ...(creates && { header: z.object({ "Idempotency-Key": z.optional(IdempotencyKey()) }) }),
    },
    ...(body && { requestBody: { required: true, content: json(body()) } }),
    responses: {
      [status]: { description: "Success", ...(status !== 204 && { content: json(output()) }) },
      ...(instead && {
        [instead.status]: {
          description: "Already done",
          content: json((instead.output ?? output)()),
        },
      }),
      default: { description: "Error", content: json(ErrorResponse()) },
    },
  };
}

const json = (schema: z.ZodMiniType) => ({ "application/json": { schema } });
