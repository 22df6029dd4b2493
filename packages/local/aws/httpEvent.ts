import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** What a route's path pattern found in a request. */
export type Match = { routeKey: string; parameters: Record<string, string> };

/** The event as HTTP API payload format 2.0 describes it: parts that are empty are absent. */
export function payload(
  request: IncomingMessage,
  url: URL,
  rawPath: string,
  body: Buffer,
  match: Match | undefined,
  claims?: Record<string, string> | undefined,
) {
  const { cookie, ...distinct } = request.headersDistinct;
  const headers = Object.fromEntries(
    Object.entries(distinct).map(([name, values]) => [name, values?.join(",")]),
  );
  const isText = /^(text\/|application\/(json|xml|javascript)\b)/i.test(
    headers["content-type"] ?? "",
  );
  const routeKey = match?.routeKey ?? "$default";
  const now = new Date();
  return {
    version: "2.0",
    routeKey,
    rawPath,
    rawQueryString: url.search.slice(1),
    ...(cookie && { cookies: cookie.flatMap((line) => line.split(/; */)) }),
    headers,
    ...(url.search.length > 1 && { queryStringParameters: joined(url.searchParams) }),
    ...(match && Object.keys(match.parameters).length > 0 && { pathParameters: match.parameters }),
    requestContext: {
      accountId: "000000000000",
      apiId: "local",
      ...(claims && { authorizer: { jwt: { claims, scopes: null } } }),
      domainName: request.headers.host ?? "",
      domainPrefix: "local",
      http: {
        method: request.method ?? "GET",
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? "",
        userAgent: request.headers["user-agent"] ?? "",
      },
      requestId: randomUUID(),
      routeKey,
      stage: "$default",
      time: now.toUTCString(),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && { body: body.toString(isText ? "utf8" : "base64") }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

function joined(query: URLSearchParams) {
  const names = new Set(query.keys());
  return Object.fromEntries([...names].map((name) => [name, query.getAll(name).join(",")]));
}

/** The whole body, or undefined when it is over the 10 MB that API Gateway takes. */
export async function read(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= 10_000_000) chunks.push(chunk);
    else chunks.length = 0; // read on to the end: an answer before it would reset the connection
  }
  return length <= 10_000_000 ? Buffer.concat(chunks) : undefined;
}

/** A path as the functions see it; undefined when it is not encoded right. */
export function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
