import { createHash } from "node:crypto";
import {
  api,
  type Endpoint,
  IdempotencyKey,
  type Input,
  type Output,
} from "@keepsake/contract/api";
import { AppError, statuses } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import { type Route, type RouteName, routes } from "@keepsake/contract/routes";
import middy, { type MiddlewareObj } from "@middy/core";
import httpJsonBodyParser from "@middy/http-json-body-parser";
import type {
  APIGatewayProxyEventV2WithJWTAuthorizer,
  APIGatewayProxyStructuredResultV2,
  Context,
} from "aws-lambda";
import type * as z from "zod/mini";
import { logger, serializeError } from "./log.ts";

/** Who asks, and how the request may be repeated. */
export type Caller = {
  owner_id: string;
  /** What the token calls the caller, for people to read. */
  caller_name: string;
  idempotency?: { key: string; requestSha256: string };
};

type Event = APIGatewayProxyEventV2WithJWTAuthorizer & { rawBody?: string | undefined };
type Result = APIGatewayProxyStructuredResultV2;
type Internal = { started: number };

/** Turns a verb into the Lambda of one route: parse, validate, run, answer, log. */
export function endpoint<Name extends RouteName>(
  name: Name,
  run: (input: Input<Name> & Caller) => Promise<Output<Name>>,
) {
  const { access, creates }: Route = routes[name];
  const { path, query, body, status, instead }: Endpoint = api[name];
  const schemas = { path: path?.(), query: query?.(), body: body?.() };
  const lambda = answering(name);
  if (creates) lambda.before(({ event }) => keepRawBody(event));
  if (body) lambda.use(httpJsonBodyParser());

  return lambda.handler(async (event) => {
    const input = {
      ...parse(schemas.path, event.pathParameters ?? {}),
      ...parse(schemas.query, event.queryStringParameters ?? {}),
      ...parse(schemas.body, event.body),
      ...(access === "user" && callerOf(event.requestContext.authorizer?.jwt.claims)),
      ...(creates && { idempotency: idempotency(event) }),
    };
    const output = await run(input as Input<Name> & Caller);
    return json(instead?.when(output as never) ? instead.status : status, output);
  });
}

/** The Lambda of whatever no route matches. */
export function noRoute() {
  return answering("$default").handler(async ({ requestContext: { http } }) => {
    // API Gateway sends preflights here, and adds what it allows to whatever we answer
    if (http.method === "OPTIONS") return { statusCode: 204 };
    throw new AppError(
      "route.not_found",
      `There is no ${http.method} ${http.path}: see GET /openapi.json`,
    );
  });
}

/** A Lambda that turns every error into our form and logs one line a request. */
export function answering(route: string, mode: { executionMode?: never } = {}) {
  const log: MiddlewareObj<Event, Result, Error, Context, Internal>["after"] = ({
    event,
    response,
    context,
    internal,
  }) => {
    logger.info("request", {
      route,
      status: response?.statusCode,
      ms: Math.round(performance.now() - internal.started),
      request_id: event.requestContext.requestId,
      lambda_request_id: context.awsRequestId,
    });
  };
  return middy<Event, Result, Error, Context, Internal>(mode)
    .use({
      before({ internal }) {
        internal.started = performance.now();
      },
      after: log,
      onError: log,
    })
    .onError((request) => {
      request.response = refuse(request.error, request.event.requestContext.requestId);
    });
}

/** Shows what we foresaw; logs and hides everything else. */
function refuse(error: unknown, request_id: string): Result {
  const known = error instanceof AppError ? error : parserRefusal(error);
  if (!known || statuses[known.code] >= 500)
    logger.error("request failed", { request_id, error: serializeError(error) });
  const { code, message, details } =
    known ??
    new AppError(
      "server.failed",
      "Something went wrong on our side: try again, then report the id",
    );
  const retryAfter = known?.retryAfterSeconds;
  const headers = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
  return json(statuses[code], { error: { code, message, details, request_id } }, headers);
}

/** The body parser's errors, in our words. */
function parserRefusal(error: unknown): AppError | undefined {
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode === 415)
    return new AppError("body.not_json", "Send JSON with content-type: application/json");
  if (statusCode !== 422) return undefined;
  return message?.startsWith("Forbidden key")
    ? new AppError("input.invalid", "The body has a key that is not allowed, such as __proto__")
    : new AppError("body.malformed", "The body is missing or is not valid JSON");
}

function keepRawBody(event: Event) {
  if (Buffer.byteLength(event.body ?? "") > limits.pieces_body_bytes)
    throw new AppError(
      "world.too_large",
      `A request takes ${limits.pieces_body_bytes} bytes: send the other pieces with POST /worlds/{world_id}/pieces`,
    );
  event.rawBody = event.body;
}

function idempotency(event: Event): Caller["idempotency"] {
  const key = event.headers["idempotency-key"];
  if (key === undefined) return undefined;
  if (!IdempotencyKey().safeParse(key).success)
    throw new AppError(
      "input.invalid",
      "An Idempotency-Key is 1 to 255 printable ASCII characters",
    );
  const request = `${event.rawPath}\n${event.rawBody}`;
  return { key, requestSha256: createHash("sha256").update(request).digest("hex") };
}

/** Who a verified token speaks for. */
export function callerOf(
  claims: Record<string, unknown> = {},
): Pick<Caller, "owner_id" | "caller_name"> {
  const { sub, name } = claims;
  if (typeof sub !== "string" || sub.length === 0 || sub.length > limits.subject_chars)
    throw new AppError(
      "token.refused",
      `The token needs a sub of 1 to ${limits.subject_chars} characters: sign in again`,
    );
  return { owner_id: `user:${sub}`, caller_name: typeof name === "string" ? name : sub };
}

/** What a schema makes of a part of the request; `input.invalid` says what is wrong with it. */
export function parse<Schema extends z.ZodMiniType>(
  schema: Schema | undefined,
  value: unknown,
): z.output<Schema> {
  if (!schema) return {} as z.output<Schema>;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, 10).map(({ path, message }) => ({
    path: path
      .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
      .join("")
      .replace(/^\./, ""),
    message: message.slice(0, 300),
  }));
  const [first] = issues;
  throw new AppError("input.invalid", `${first?.path || "The request"}: ${first?.message}`, {
    details: { issues },
  });
}

export function json(
  statusCode: number,
  body: object,
  headers: Record<string, string> = {},
): Result {
  return {
    statusCode,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}
