import { createDocument, type ZodOpenApiPathsObject } from "zod-openapi";
import { statuses } from "../errors.ts";
import { limits } from "../limits.ts";
import { type RouteName, routes } from "../routes.ts";
import { errorResponses } from "./errorResponses.ts";
import { operations } from "./operations.ts";
import { override } from "./schemaRules.ts";
import { defaultSecurity, securitySchemes } from "./security.ts";
import { streamPath } from "./stream.ts";
import { tags } from "./tags.ts";
import { asRequests, webhookHeaders, webhooks } from "./webhooks.ts";

/** The OpenAPI 3.1 document of the whole API, derived from the routes, their schemas and their errors. */
export function openapi() {
  const errors = errorResponses();
  const paths: ZodOpenApiPathsObject = {};
  for (const name of Object.keys(routes) as RouteName[]) {
    const { path } = routes[name];
    paths[path] = { ...paths[path], ...operations(name, errors) };
  }
  paths["/"] = streamPath(errors);
  const shared = errors.components();
  const { components, ...document } = createDocument(
    {
      openapi: "3.1.0",
      info: {
        title: "Keepsake",
        version: "1",
        description:
          "Turns temporary images into checked images behind permanent URLs. Every response has the header `keepsake-request-id`. Later releases add fields to answers, and codes to errors; query parameters that are not known are ignored. Lengths of text are in characters. [Every error code and what to do](/docs/errors).",
        license: { name: "MIT", identifier: "MIT" },
      },
      externalDocs: { url: "/docs", description: "This document as a page." },
      servers: [{ url: "/", description: "Where this document is." }],
      tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
      security: defaultSecurity,
      paths,
      webhooks: webhooks(),
      "x-limits": limits,
      "x-error-statuses": statuses,
    },
    { override },
  );
  const { schemas, ...others } = shared;
  return {
    ...document,
    webhooks: asRequests(document.webhooks ?? {}),
    components: {
      schemas: { ...components?.schemas, ...schemas },
      ...others,
      parameters: webhookHeaders,
      securitySchemes,
    },
  };
}
