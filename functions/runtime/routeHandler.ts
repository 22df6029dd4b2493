import type { api, Endpoint, Input, Output } from "@keepsake/contract/api";
import { type Route, type RouteName, routes } from "@keepsake/contract/routes";
import httpJsonBodyParser from "@middy/http-json-body-parser";
import { compressedResponse } from "./compressedResponse.ts";
import { type HttpEvent, httpMiddleware } from "./httpMiddleware.ts";
import { idempotencyOf, keepRawBody } from "./idempotencyHeader.ts";
import { jsonResponse } from "./jsonAndErrorResponses.ts";
import { requireUtf8 } from "./jsonBody.ts";
import { withRequestId } from "./requestId.ts";
import { originOf } from "./requestOrigin.ts";
import { validate } from "./validateInput.ts";

/** What a verb may know of its invocation. */
export type Invocation = {
  /** The milliseconds until the function is stopped. */
  remainingMs: () => number;
  /** Where the caller reached the API, such as `https://api.example.com`. */
  origin: string;
};

/** Finds out who sends a request, or throws. */
type Identify = (event: HttpEvent) => Promise<NonNullable<HttpEvent["caller"]>>;

/**
 * Turns a verb into the Lambda of one route: identifies the caller before anything else, parses and
 * validates the request, runs the verb, responds.
 */
export function routeHandler<Name extends RouteName, Context>(
  name: Name,
  endpoint: (typeof api)[Name],
  identify: Identify | undefined,
  run: (input: Input<Name> & Context, invocation: Invocation) => Promise<Output<Name>>,
) {
  const { creates }: Route = routes[name];
  const { path, query, body, status, instead }: Endpoint = endpoint;
  const schemas = { path: path?.(), query: query?.(), body: body?.() };
  const lambda = httpMiddleware(name);
  if (identify)
    lambda.before(async ({ event }) => {
      event.caller = await identify(event);
    });
  if (creates) lambda.before(({ event }) => keepRawBody(event, creates));
  if (body) lambda.before(requireUtf8).use(httpJsonBodyParser());

  return lambda.handler(async (event, context) => {
    const input = {
      ...validate(schemas.path, event.pathParameters ?? {}),
      ...validate(schemas.query, event.queryStringParameters ?? {}),
      ...validate(schemas.body, event.body),
      ...event.caller,
      ...(creates && { idempotency: idempotencyOf(event) }),
    };
    const output = await withRequestId(event.requestContext.requestId, () =>
      run(input as Input<Name> & Context, {
        remainingMs: () => context.getRemainingTimeInMillis(),
        origin: originOf(event),
      }),
    );
    if (output === undefined) return { statusCode: status };
    const response = jsonResponse(instead?.when(output as never) ? instead.status : status, output);
    return compressedResponse(response, event.headers["accept-encoding"]);
  });
}
