import * as http from "node:http";
import { pipeline } from "node:stream/promises";
import { uploadHeaders } from "@keepsake/contract/uploads";
import { type Checksum, declaredChecksums, readChecked } from "./checksums.ts";
import { Refusal } from "./s3Error.ts";
import type { Ask } from "./simulator.ts";

/** Where the simulator serves S3. Clients sign the path, so the endpoint they use has it too. */
export const s3Path = "/cdn-cgi/local/r2/s3";
/** Where it serves every bucket to anybody; only the CDN gate asks here, and only for images. */
const publicPath = "/cdn-cgi/local/r2/public";

const largestBody = 64 * 1024 * 1024;
const bodiesInMemory = 2 * largestBody;

/** What browsers may do on each bucket. */
const corsRules: Record<string, CorsRule> = {
  images: { methods: ["GET", "HEAD"], headers: [] },
  incoming: {
    methods: ["PUT"],
    headers: [...uploadHeaders],
  },
};

type CorsRule = { methods: string[]; headers: string[] };
type ProxyHandler = (request: http.IncomingMessage, response: http.ServerResponse) => Promise<void>;
type Headers = http.IncomingHttpHeaders;

/** Adds what R2 does and the simulator does not: CORS by bucket, and checksums of the bytes. */
export function s3Proxy(ask: Ask, webOrigins: string[]): ProxyHandler {
  const hold = budget(bodiesInMemory);

  return async (request, response) => {
    const { method = "" } = request;
    const url = plainUrl(request.url);
    if (!url?.pathname.startsWith(`${s3Path}/`))
      throw new Refusal(
        404,
        "RouteNotFound",
        `This R2 is below ${s3Path}/ and takes no dot segments`,
      );
    const [bucket = ""] = url.pathname.slice(s3Path.length + 1).split("/");
    const rule = corsRules[bucket];
    if (method === "OPTIONS") return preflight(request, response, rule, webOrigins);
    allowOrigin(request, response, rule, webOrigins);

    const hasBody = method === "PUT" || method === "POST";
    const length = hasBody ? bodyLength(request.headers) : 0;
    const checksums = hasBody ? declaredChecksums(request.headers, url) : [];
    const answer = await hold(length, async () => {
      const body = hasBody ? await readChecked(request, checksums) : [];
      const headers = forwarded(request.headers, hasBody, checksums);
      return ask({ method, path: url.pathname + url.search, headers, body });
    });
    await pass(answer, response, returned(answer, request.headers, url));
  };
}

/** Serves the images bucket as its public domain does: one object by its key, to read. */
export function cdnProxy(ask: Ask, webOrigins: string[]): ProxyHandler {
  return async (request, response) => {
    const { method = "" } = request;
    response.setHeader("vary", "origin");
    if (method === "OPTIONS") return preflight(request, response, corsRules.images, webOrigins);
    allowOrigin(request, response, corsRules.images, webOrigins);
    if (method !== "GET" && method !== "HEAD")
      return void response.writeHead(405, { allow: "GET, HEAD", "content-length": 0 }).end();

    const key = plainUrl(request.url)?.pathname ?? "/";
    if (key === "/") return void response.writeHead(404, { "content-length": 0 }).end();
    const headers = pick(request.headers, conditions);
    if (method === "GET" && isRange(request.headers)) headers.range = request.headers.range;
    const answer = await ask({ method, path: `${publicPath}/images${key}`, headers, body: [] });
    await pass(answer, response, pick(answer.headers, cdnHeaders));
  };
}

const conditions = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];

const cdnHeaders = [
  ...["content-type", "content-length", "content-range", "content-encoding", "content-language"],
  ...["content-disposition", "cache-control", "expires", "etag", "last-modified", "accept-ranges"],
];

/** A range as servers obey it; any other is ignored, where the simulator would refuse the request. */
function isRange(headers: Headers) {
  const [, first, last, suffix] = /^bytes=(?:(\d+)-(\d*)|-(\d+))$/.exec(headers.range ?? "") ?? [];
  if (headers["if-range"]) return false; // not told to the simulator, so the whole object is right
  return suffix !== undefined || (first !== undefined && (!last || Number(first) <= Number(last)));
}

export function serve(gate: ProxyHandler) {
  const server = http.createServer((request, response) => {
    gate(request, response).catch((error: Error) => {
      if (response.headersSent || request.errored) return response.destroy();
      const { status, code } = error instanceof Refusal ? error : unforeseen;
      // Node reads what is left of the body and drops it: a refusal does not reset the connection.
      response.writeHead(status, { "content-type": "application/xml" });
      response.end(errorXml(code, error.message));
    });
  });
  server.keepAliveTimeout = 60_000; // longer than clients keep an idle connection
  return server;
}

const unforeseen = { status: 500, code: "InternalError" };

function errorXml(code: string, message: string) {
  const text = message.replace(/[<>&]/g, " ");
  return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${text}</Message></Error>`;
}

/** The URL, unless it leads elsewhere than it spells, as `..` does: no request leaves its bucket. */
function plainUrl(target = "") {
  const url = URL.parse(target, "http://gate");
  return url?.pathname === target.split("?")[0] ? url : undefined;
}

function preflight(
  { headers }: http.IncomingMessage,
  response: http.ServerResponse,
  rule: CorsRule | undefined,
  webOrigins: string[],
) {
  const { origin = "", "access-control-request-method": method = "" } = headers;
  const asked = (headers["access-control-request-headers"] ?? "").toLowerCase();
  const names = asked.split(",").flatMap((name) => name.trim() || []);
  const known =
    rule?.methods.includes(method) && names.every((name) => rule.headers.includes(name));
  if (!known || !webOrigins.includes(origin))
    throw new Refusal(403, "AccessForbidden", "This CORS request is not allowed");

  response.writeHead(204, {
    "access-control-allow-origin": origin,
    "access-control-allow-methods": rule?.methods.join(", "),
    ...(names.length > 0 && { "access-control-allow-headers": names.join(", ") }),
    vary: "origin, access-control-request-method, access-control-request-headers",
  });
  response.end();
}

function allowOrigin(
  { method = "", headers: { origin = "" } }: http.IncomingMessage,
  response: http.ServerResponse,
  rule: CorsRule | undefined,
  webOrigins: string[],
) {
  if (!webOrigins.includes(origin) || !rule?.methods.includes(method)) return;
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("vary", "origin");
}

/** The length that a body announces, in bytes; throws for what this R2 does not take. */
function bodyLength(headers: Headers) {
  const encodings = `${headers["content-encoding"]} ${headers["x-amz-content-sha256"]}`;
  if (/aws-chunked|STREAMING-/.test(encodings))
    throw new Refusal(501, "NotImplemented", "aws-chunked bodies: send the bytes as they are");
  const length = headers["content-length"];
  if (length === undefined)
    throw new Refusal(411, "MissingContentLength", "You must provide the Content-Length header");
  if (Number(length) > largestBody)
    throw new Refusal(413, "EntityTooLarge", `The local R2 takes ${largestBody} bytes at most`);
  return Number(length);
}

/** Lets at most so many bytes be in work at once; who needs more waits. */
function budget(bytes: number) {
  let free = bytes;
  const waiting: (() => void)[] = [];
  return async <T>(share: number, work: () => Promise<T>) => {
    while (free < share) await new Promise<void>((wake) => waiting.push(wake));
    free -= share;
    try {
      return await work();
    } finally {
      free += share;
      for (const wake of waiting.splice(0)) wake();
    }
  };
}

/** The simulator forgets an object's SHA-256. It travels as metadata that clients never see. */
const sha256Metadata = "x-amz-meta-gate-sha256";

/** The request's headers for the simulator, signed ones as they came. */
function forwarded(headers: Headers, hasBody: boolean, checksums: Checksum[]) {
  const kept = Object.entries(headers).filter(
    // `mf-` headers steer the simulator: one of them replaces the URL.
    ([name]) => !hopByHop.includes(name) && !name.startsWith("mf-") && name !== "origin",
  );
  const result: Headers = Object.fromEntries(kept);
  if (!hasBody) delete result["content-length"];
  const sha256 = checksums.find(({ algorithm }) => algorithm === "sha256");
  if (sha256) result[sha256Metadata] = sha256.promised;
  return result;
}

/** The answer's headers for the client. */
function returned(answer: http.IncomingMessage, asked: Headers, { searchParams }: URL) {
  const kept = Object.entries(answer.headers).filter(
    ([name]) => !hopByHop.includes(name) && !name.startsWith("access-control-"),
  );
  const { [sha256Metadata]: sha256, ...result }: Headers = Object.fromEntries(kept);
  const mode = asked["x-amz-checksum-mode"] ?? searchParams.get("x-amz-checksum-mode");
  if (sha256 && mode === "ENABLED" && answer.statusCode === 200)
    result["x-amz-checksum-sha256"] = sha256;
  return result;
}

const hopByHop = [
  ...["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"],
  ...["upgrade", "expect"],
];

function pick(headers: Headers, names: string[]): Headers {
  return Object.fromEntries(
    names.flatMap((name) => (headers[name] ? [[name, headers[name]]] : [])),
  );
}

async function pass(answer: http.IncomingMessage, response: http.ServerResponse, headers: Headers) {
  response.writeHead(answer.statusCode ?? 500, headers);
  await pipeline(answer, response);
}
