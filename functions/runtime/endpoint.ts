import { api, type Endpoint, type Input, type Output } from "@keepsake/contract/api";
import { type Route, type RouteName, routes } from "@keepsake/contract/routes";
import type { Idempotency } from "@keepsake/core/worlds/idempotency";
import httpJsonBodyParser from "@middy/http-json-body-parser";
import { httpLambda } from "./httpLambda.ts";
import { idempotencyOf, keepRawBody } from "./idempotency.ts";
import { requireUtf8 } from "./jsonBody.ts";
import { type Caller, callerFromClaims, validate } from "./request.ts";
import { jsonResponse } from "./response.ts";

type RequestContext = Caller & { idempotency?: Idempotency | undefined };

/** Turns a verb into the Lambda of one route: parses and validates the request, runs the verb, responds. */
export function endpoint<Name extends RouteName>(
  name: Name,
  run: (input: Input<Name> & RequestContext) => Promise<Output<Name>>,
) {
  const { access, creates }: Route = routes[name];
  const { path, query, body, status, instead }: Endpoint = api[name];
  const schemas = { path: path?.(), query: query?.(), body: body?.() };
  const lambda = httpLambda(name);
  if (creates) lambda.before(({ event }) => keepRawBody(event));
  if (body) lambda.before(requireUtf8).use(httpJsonBodyParser());

  return lambda.handler(async (event) => {
    const input = {
      ...validate(schemas.path, event.pathParameters ?? {}),
      ...validate(schemas.query, event.queryStringParameters ?? {}),
      ...validate(schemas.body, event.body),
      ...(access === "user" && callerFromClaims(event.requestContext.authorizer?.jwt.claims)),
      ...(creates && { idempotency: idempotencyOf(event) }),
    };
    const output = await run(input as Input<Name> & RequestContext);
    if (output === undefined) return { statusCode: status };
    return jsonResponse(instead?.when(output as never) ? instead.status : status, output);
  });
}
