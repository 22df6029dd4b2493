import { AppError } from "@keepsake/contract/errors";
import { requestIdHeader } from "@keepsake/contract/routes";
import middy, { type MiddlewareObj } from "@middy/core";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import type { Caller } from "./authentication/caller.ts";
import { errorResponse, type Response } from "./jsonAndErrorResponses.ts";
import { logger } from "./log.ts";
import { metricFields } from "./metrics.ts";
import { measureResources } from "./resourceUsage.ts";

export type HttpEvent = APIGatewayProxyEventV2 & {
  rawBody?: string | undefined;
  /** Who sent the request: a user, or the service key of a backend. */
  caller?: Caller | { key_id: string };
};
type Internal = { started: number; resources: ReturnType<typeof measureResources> };

/** A function that would be stopped this soon answers first: what it waits for does not respond. */
const answerBeforeTimeoutMs = 500;

function tooLate(): never {
  throw new AppError("service.unavailable", "This took too long: try again", {
    retryAfterSeconds: 1,
  });
}

/** A Lambda behind HTTP that turns every error into our form, and names and logs every request. */
export function httpMiddleware(route: string, mode: { executionMode?: never } = {}) {
  const finish: MiddlewareObj<HttpEvent, Response, Error, Context, Internal>["after"] = ({
    event,
    response,
    context,
    internal,
    error,
  }) => {
    const { requestId } = event.requestContext;
    if (response) response.headers = { ...response.headers, [requestIdHeader]: requestId };
    if (response && event.requestContext.http?.method === "HEAD") delete response.body;
    const status = response?.statusCode ?? 500;
    const { used, metrics } = internal.resources();
    logger.info("request", {
      route,
      status: response?.statusCode,
      ...(error instanceof AppError && { code: error.code }),
      request_id: requestId,
      lambda_request_id: context.awsRequestId,
      ...used,
      ...metricFields({
        requests: 1,
        errors_4xx: status >= 400 && status < 500 ? 1 : 0,
        errors_5xx: status >= 500 ? 1 : 0,
        ms: Math.round(performance.now() - internal.started),
        ...metrics,
      }),
    });
  };
  return middy<HttpEvent, Response, Error, Context, Internal>({
    ...mode,
    timeoutEarlyInMillis: answerBeforeTimeoutMs,
    timeoutEarlyResponse: tooLate,
  })
    .use({
      before({ internal }) {
        internal.started = performance.now();
        internal.resources = measureResources();
      },
      after: finish,
      onError: finish,
    })
    .onError((request) => {
      request.response = errorResponse(request.error, request.event.requestContext.requestId);
    });
}
