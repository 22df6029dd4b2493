import * as z from "zod/mini";
import type { ZodOpenApiOperationObject } from "zod-openapi";
import { IdempotencyKey } from "../api/idempotencyKey.ts";
import { api, type Endpoint } from "../api.ts";
import { type Route, type RouteName, routes } from "../routes.ts";
import type { errorResponses } from "./errorResponses.ts";
import { examples } from "./examples.ts";
import { byAccess, everywhere, routeErrors } from "./routeErrors.ts";
import { securityOf } from "./security.ts";
import { tagOf } from "./tags.ts";

type Errors = ReturnType<typeof errorResponses>;

/** The operations of a route: its own, and that of HEAD where it answers one. */
export function operations(name: RouteName, errors: Errors) {
  const { method, access, creates, head }: Route = routes[name];
  const { path, query, body, output, status, instead }: Endpoint = api[name];
  const { request, response, instead: other } = examples[name] ?? {};
  const codes = [...byAccess[access], ...routeErrors[name], ...everywhere];
  const security = securityOf(name);
  const about = { tags: [tagOf[name]], ...(security && { security }) };

  const operation: ZodOpenApiOperationObject = {
    operationId: name,
    ...sentences(api[name].summary),
    ...about,
    requestParams: {
      ...(path && { path: path() }),
      ...(query && { query: query() }),
      ...(creates && { header: z.object({ "Idempotency-Key": z.optional(IdempotencyKey()) }) }),
    },
    ...(body && { requestBody: { required: true, content: json(body(), request) } }),
    responses: {
      [status]: {
        description: successes[status],
        ...(status !== noContent && { content: json(output(), response) }),
      },
      ...(instead && {
        [instead.status]: {
          description: "Nothing was left to do.",
          content: json((instead.output ?? output)(), other),
        },
      }),
      ...errors.of(codes, "gateway"),
    },
  };
  return {
    [method.toLowerCase()]: operation,
    ...(head && {
      head: {
        operationId: `${name}Head`,
        summary: "The same without a body.",
        ...about,
        responses: {
          200: { description: "Done." },
          ...errors.of(codes, "gateway"),
        },
      },
    }),
  };
}

const noContent: number = 204;

const successes: Record<number, string> = {
  200: "Done.",
  201: "Created.",
  202: "Accepted: the rest follows.",
  204: "Done.",
};

/** The first sentence as the summary, and what follows as the description. */
function sentences(text: string) {
  const [, summary = text, description] = /^(.+?[.:;]) (.+)$/.exec(text) ?? [];
  return {
    summary: summary.replace(/[:;]$/, "."),
    ...(description && { description: description[0]!.toUpperCase() + description.slice(1) }),
  };
}

const json = (schema: z.ZodMiniType, example: unknown) => ({
  "application/json": { schema, ...(example !== undefined && { example }) },
});
