import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { pages } from "@keepsake/contract/htmlPages";
import { exposedHeaders, type Route, requestHeaders, routes } from "@keepsake/contract/routes";
import type { APIGatewayProxyStructuredResultV2 as Result } from "aws-lambda";
import { guard, isAllowedOrigin } from "../embedded/hostAndOrigin.ts";
import { bind } from "../embedded/listen.ts";
import type { Functions } from "../loadFunctions.ts";
import { httpEvent, type MatchedRoute, readBody } from "./httpEvent.ts";
import { FunctionTimeoutError, invoke, type LambdaFunction, payloadLimitBytes } from "./lambda.ts";

type GatewayOptions = {
  port: number;
  functions: Pick<Functions, "routes" | "pages" | "notFound">;
  webOrigins: string[];
};

/**
 * API Gateway's HTTP API on loopback: routes, CORS, payload format 2.0, and AWS's own error responses. The
 * functions check who calls. Throws when the port is taken.
 */
export async function startApiGateway({ port, functions, webOrigins }: GatewayOptions) {
  const server = createServer((request, response) => {
    handle(request, response).catch((error) => {
      if (request.errored) return response.destroy(); // the client went away while it was sending
      console.error(error);
      if (response.headersSent) response.destroy();
      else sendError(response, 500, "Internal Server Error");
    });
  });
  guard(server, { webOrigins, takesAnyEncoding: true });
  const boundPort = await bind(server, port).catch((cause) => {
    throw new Error(
      `Port ${port} is taken: stop the process that uses it, or set PORT to another port`,
      { cause },
    );
  });

  return {
    url: `http://127.0.0.1:${boundPort}`,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const origin = request.headers.origin;
    if (origin !== undefined && isAllowedOrigin(origin, webOrigins)) {
      response.setHeader("access-control-allow-origin", origin);
      response.setHeader("access-control-expose-headers", exposedHeaders.join(","));
      response.setHeader("vary", "origin");
    }
    if (request.method === "OPTIONS") addPreflightHeaders(response);

    const url = new URL(request.url ?? "/", "http://gateway");
    const path = decodedPath(url.pathname);
    const body = await readBody(request);
    if (body === undefined) return sendError(response, 413, "Request Entity Too Large");

    const match = matchRoute(request.method, path);
    const byName: Record<string, LambdaFunction> = { ...functions.routes, ...functions.pages };
    const lambda = match ? byName[match.name]! : functions.notFound;
    const event = httpEvent(request, url, path, body, match);
    if (JSON.stringify(event).length > payloadLimitBytes)
      return sendError(response, 413, "Request Entity Too Large");
    await runFunction(lambda, event, response);
  }
}

/** As it is when its percent-encoding is broken: then it names nothing, and the function says so. */
function decodedPath(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}

/** With a `$default` route, API Gateway adds these headers to the response of its function. */
function addPreflightHeaders(response: ServerResponse) {
  if (!response.hasHeader("access-control-allow-origin")) return;
  const methods = new Set(Object.values(routes).map(({ method }) => method));
  response.setHeader("access-control-allow-methods", [...methods].join(","));
  response.setHeader("access-control-allow-headers", requestHeaders.join(","));
  response.setHeader("access-control-max-age", "3600");
}

async function runFunction(lambda: LambdaFunction, event: object, response: ServerResponse) {
  let result: unknown;
  try {
    result = await invoke(lambda, event);
  } catch (error) {
    if (error instanceof FunctionTimeoutError)
      return sendError(response, 503, "Service Unavailable");
    throw error;
  }
  const { statusCode, headers = {}, cookies, body, isBase64Encoded } = toResult(result);
  const bytes = Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8");
  if (bytes.length > payloadLimitBytes) return sendError(response, 500, "Internal Server Error");

  response.setHeader("content-type", "text/plain; charset=utf-8");
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, String(value));
  if (cookies?.length) response.setHeader("set-cookie", cookies);
  if (statusCode !== 304) response.setHeader("content-length", bytes.length);
  response.writeHead(statusCode ?? 200).end(bytes);
}

/** A result without a status is the JSON body of a 200. */
function toResult(result: unknown): Result {
  if (typeof result === "object" && result !== null && "statusCode" in result)
    return result as Result;
  const body = typeof result === "string" ? result : JSON.stringify(result);
  return { statusCode: 200, headers: { "content-type": "application/json" }, body: body ?? "" };
}

type RouteMatch = MatchedRoute & { name: string };

const routePatterns = [
  ...Object.entries<Route>(routes).flatMap(([name, { method, path, head }]) =>
    [method, ...(head ? ["HEAD"] : [])].map((method) => routePattern(name, method, path)),
  ),
  ...Object.entries(pages).flatMap(([name, paths]) =>
    paths.flatMap((path) => ["GET", "HEAD"].map((method) => routePattern(name, method, path))),
  ),
];

function routePattern(name: string, method: string, path: string) {
  const pattern = path.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)").replaceAll(".", "\\.");
  return { name, method, routeKey: `${method} ${path}`, pattern: new RegExp(`^${pattern}$`) };
}

function matchRoute(method: string | undefined, path: string): RouteMatch | undefined {
  for (const route of routePatterns) {
    const match = route.method === method && route.pattern.exec(path);
    if (match)
      return { name: route.name, routeKey: route.routeKey, parameters: { ...match.groups } };
  }
  return undefined;
}

const sendError = (response: ServerResponse, status: number, message: string) =>
  send(response, status, { message });

function send(response: ServerResponse, status: number, body: object) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
