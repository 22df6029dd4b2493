import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { decodeUtf8 } from "@keepsake/contract/storableText";

/** The route that a request matched, and the values of its path parameters. */
export type MatchedRoute = { routeKey: string; parameters: Record<string, string> };

/** The event of a request in HTTP API payload format 2.0: fields that would be empty are absent. */
export function httpEvent(
  request: IncomingMessage,
  url: URL,
  rawPath: string,
  body: Buffer,
  match: MatchedRoute | undefined,
) {
  const { cookie, ...distinct } = request.headersDistinct;
  const headers = Object.fromEntries(
    Object.entries(distinct).map(([name, values]) => [name, values?.join(",")]),
  );
  // bytes that are not UTF-8 would be altered as text
  const text = textType.test(headers["content-type"] ?? "") ? decodeUtf8(body) : undefined;
  const routeKey = match?.routeKey ?? "$default";
  const now = new Date();
  return {
    version: "2.0",
    routeKey,
    rawPath,
    rawQueryString: url.search.slice(1),
    ...(cookie && { cookies: cookie.flatMap((line) => line.split(/; */)) }),
    headers,
    ...(url.search.length > 1 && { queryStringParameters: joinedValues(url.searchParams) }),
    ...(match && Object.keys(match.parameters).length > 0 && { pathParameters: match.parameters }),
    requestContext: {
      accountId: "000000000000",
      apiId: "local",
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
    ...(body.length > 0 && { body: text ?? body.toString("base64") }),
    isBase64Encoded: body.length > 0 && text === undefined,
  };
}

const textType = /^(text\/|application\/(json|xml|javascript)\b)/i;

function joinedValues(query: URLSearchParams) {
  const names = new Set(query.keys());
  return Object.fromEntries([...names].map((name) => [name, query.getAll(name).join(",")]));
}

const maxBodyBytes = 10_000_000;

/** The whole body; undefined when it is larger than API Gateway's limit of 10 MB. */
export async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= maxBodyBytes) chunks.push(chunk);
    else chunks.length = 0; // keep reading: a response before the end of the body would reset the connection
  }
  return length <= maxBodyBytes ? Buffer.concat(chunks) : undefined;
}
