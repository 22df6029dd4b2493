import type { IncomingHttpHeaders } from "node:http";
import type { Credentials } from "../awsSignature.ts";
import { type Checksum, declaredChecksums, readChecked } from "./checksums.ts";
import { conditionalCopy } from "./conditionalCopy.ts";
import { allowOrigin, corsRules, sendPreflight } from "./cors.ts";
import { multipartUploads } from "./multipartUploads.ts";
import { type ProxyHandler, parsePlainUrl, sendResponse } from "./proxyServer.ts";
import { authorize, type KeyPair, signAgain } from "./s3Authorization.ts";
import { S3Error } from "./s3Error.ts";
import type { SendRequest, SimulatorResponse } from "./simulator.ts";
import { trustedHeaders } from "./trustedHeaders.ts";

/** The simulator's path for S3. Clients sign the path, so the endpoint that they use includes it. */
export const s3Path = "/cdn-cgi/local/r2/s3";

const maxBodyBytes = 64 * 1024 * 1024;
const maxBytesInMemory = 2 * maxBodyBytes;

type S3ProxyOptions = {
  sendRequest: SendRequest;
  /** The only keys that the simulator accepts; only this proxy has them. */
  simulatorKeys: Credentials;
  pairs: KeyPair[];
  webOrigins: string[];
  /** Where unfinished multipart uploads are listed. */
  directory: string;
};

/**
 * Adds what R2 does and the simulator does not: pairs of keys that may use some buckets only, CORS by
 * bucket, verified checksums of bodies, CopyObject onto a free key only, and lists of multipart uploads. Refuses
 * headers that are not signed, as S3 does.
 */
export function s3Proxy(options: S3ProxyOptions): ProxyHandler {
  const { sendRequest, simulatorKeys, pairs, webOrigins, directory } = options;
  const withMemory = memoryLimit(maxBytesInMemory);
  const { whileKeyIsFree } = conditionalCopy(sendRequest);
  const uploads = multipartUploads(directory);

  return async (request, response) => {
    const { method = "" } = request;
    const url = parsePlainUrl(request.url);
    if (!url?.pathname.startsWith(`${s3Path}/`))
      throw new S3Error(
        404,
        "RouteNotFound",
        `The local R2 serves paths below ${s3Path}/, without dot segments`,
      );
    const [bucket = ""] = url.pathname.slice(s3Path.length + 1).split("/");
    const rule = corsRules[bucket];
    if (method === "OPTIONS") return sendPreflight(request, response, rule, webOrigins);
    allowOrigin(request, response, rule, webOrigins);

    const trusted = trustedHeaders(method, request.headers, url);
    const signature = authorize({ method, bucket, url, headers: request.headers }, pairs);
    const hasBody = method === "PUT" || method === "POST";
    const length = hasBody ? bodyLength(request.headers) : 0;
    const checksums = hasBody ? declaredChecksums(request.headers, url) : [];
    const send = (headers: IncomingHttpHeaders, body: Buffer[]) => {
      const signed = signature
        ? signAgain({ method, bucket, url, headers }, signature, simulatorKeys)
        : { path: url.pathname + url.search, headers };
      return sendRequest({ method, ...signed, body });
    };
    const path = url.pathname.slice(s3Path.length);
    const encodedKey = path.slice(bucket.length + 2);
    const upstream = await withMemory(length, async (): Promise<SimulatorResponse> => {
      const body = hasBody ? await readChecked(request, checksums) : [];
      const headers = requestHeaders(trusted, hasBody, checksums);
      const sent = { method, bucket, encodedKey, url, headers, body };
      const toUpload = await uploads.respond(sent, send);
      if (toUpload) return toUpload;
      const sendIt = () => send(headers, body);
      return method === "PUT" ? whileKeyIsFree(path, request.headers, sendIt) : sendIt();
    });
    await sendResponse(upstream, response, responseHeaders(upstream, request.headers, url));
  };
}

/** The declared length of a body in bytes. Throws for bodies that this R2 does not accept. */
function bodyLength(headers: IncomingHttpHeaders) {
  const encodings = `${headers["content-encoding"]} ${headers["x-amz-content-sha256"]}`;
  if (/aws-chunked|STREAMING-/.test(encodings))
    throw new S3Error(501, "NotImplemented", "Send the bytes as they are, not as aws-chunked");
  const length = headers["content-length"];
  if (length === undefined)
    throw new S3Error(411, "MissingContentLength", "You must provide the Content-Length header");
  if (Number(length) > maxBodyBytes)
    throw new S3Error(413, "EntityTooLarge", `The local R2 accepts ${maxBodyBytes} bytes at most`);
  return Number(length);
}

/** Limits the bytes that all work holds at once; work that needs more waits. */
function memoryLimit(bytes: number) {
  let free = bytes;
  const waiting: (() => void)[] = [];
  return async <T>(needed: number, work: () => Promise<T>) => {
    while (free < needed) await new Promise<void>((resume) => waiting.push(resume));
    free -= needed;
    try {
      return await work();
    } finally {
      free += needed;
      for (const resume of waiting.splice(0)) resume();
    }
  };
}

/** The metadata that keeps an object's SHA-256, which the simulator does not. Clients never receive it. */
const sha256Metadata = "x-amz-meta-gate-sha256"; // existing data has this name

/** The request's headers for the simulator, before they are signed again. */
function requestHeaders(headers: IncomingHttpHeaders, hasBody: boolean, checksums: Checksum[]) {
  const kept = Object.entries(headers).filter(
    // `mf-` headers control the simulator: one of them replaces the URL
    ([name]) => !hopByHop.includes(name) && !name.startsWith("mf-") && name !== "origin",
  );
  const result: IncomingHttpHeaders = Object.fromEntries(kept);
  if (!hasBody) delete result["content-length"];
  const sha256 = checksums.find(({ algorithm }) => algorithm === "sha256");
  if (sha256) result[sha256Metadata] = sha256.declared;
  return result;
}

/** The simulator's headers for the client. */
function responseHeaders(
  upstream: SimulatorResponse,
  requested: IncomingHttpHeaders,
  { searchParams }: URL,
) {
  const kept = Object.entries(upstream.headers).filter(
    ([name]) => !hopByHop.includes(name) && !name.startsWith("access-control-"),
  );
  const { [sha256Metadata]: sha256, ...result }: IncomingHttpHeaders = Object.fromEntries(kept);
  const mode = requested["x-amz-checksum-mode"] ?? searchParams.get("x-amz-checksum-mode");
  if (sha256 && mode === "ENABLED" && upstream.statusCode === 200)
    result["x-amz-checksum-sha256"] = sha256;
  return result;
}

const hopByHop = [
  ...["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"],
  ...["upgrade", "expect"],
];
