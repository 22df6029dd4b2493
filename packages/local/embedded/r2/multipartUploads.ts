import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { S3Error } from "./s3Error.ts";
import type { SimulatorResponse } from "./simulator.ts";
import { type UnfinishedUpload, unfinishedUploads } from "./unfinishedUploads.ts";

type Request = {
  method: string;
  bucket: string;
  /** As in the URL, without a leading slash; empty for a request about the bucket. */
  encodedKey: string;
  url: URL;
  headers: IncomingHttpHeaders;
  body: Buffer[];
};

/** Sends an authorized request to the simulator, signed again. */
type Send = (headers: IncomingHttpHeaders, body: Buffer[]) => Promise<SimulatorResponse>;

/**
 * What R2 does with multipart uploads and the simulator does not: it lists unfinished ones, the ETag of a part is
 * its MD5, an upload that was completed is unknown, and one whose parts differ in size is not. Each request passes through the simulator, which checks
 * its signature.
 */
export function multipartUploads(directory: string) {
  const uploads = unfinishedUploads(directory);

  async function create({ bucket, encodedKey, headers, body }: Request, send: Send) {
    const response = await send(headers, body);
    if (response.statusCode !== 200) return response;
    const xml = await text(response);
    const uploadId = /<UploadId>([^<]+)<\/UploadId>/.exec(xml)?.[1];
    if (!uploadId) throw new Error("The simulator began an upload without an id");
    const initiated = new Date().toISOString();
    uploads.add({ bucket, key: decoded(encodedKey), uploadId, initiated, parts: {} });
    return responseOf(200, xml);
  }

  async function sendPart(upload: UnfinishedUpload, request: Request, send: Send) {
    const { headers, body, url } = request;
    if (headers["x-amz-copy-source"])
      throw new S3Error(501, "NotImplemented", "The local R2 does not copy to parts");
    const response = await send(headers, body);
    if (response.statusCode !== 200) return response;
    const md5 = createHash("md5");
    for (const chunk of body) md5.update(chunk);
    const etag = md5.digest("hex");
    const simulatorEtag = unquoted(response.headers.etag ?? "");
    uploads.addPart(upload, Number(url.searchParams.get("partNumber")), { etag, simulatorEtag });
    response.headers.etag = `"${etag}"`;
    return response;
  }

  /** The request names the parts by their MD5: the simulator gets its own ETags in their place. */
  async function complete(upload: UnfinishedUpload, { headers, body }: Request, send: Send) {
    const sent = Buffer.concat(body);
    const declared = headers["x-amz-content-sha256"];
    const isHashed = declared !== undefined && declared !== "UNSIGNED-PAYLOAD";
    if (isHashed && declared !== sha256(sent))
      throw new S3Error(
        400,
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
      );
    const renamed = Buffer.from(withSimulatorEtags(sent.toString(), upload));
    const changed: IncomingHttpHeaders = { ...headers, "content-length": String(renamed.length) };
    if (isHashed) changed["x-amz-content-sha256"] = sha256(renamed);
    const response = await send(changed, [renamed]);
    if (response.statusCode === 200) uploads.remove(upload);
    // the simulator's answer also to parts of different sizes
    if (response.statusCode !== 404 || !uploads.has(upload)) return response;
    response.resume();
    throw new S3Error(400, "InvalidPart", "All non-trailing parts must have the same length.");
  }

  async function abort(upload: UnfinishedUpload, { headers, body }: Request, send: Send) {
    const response = await send(headers, body);
    if (response.statusCode === 204) uploads.remove(upload);
    return response;
  }

  async function list({ bucket, url, headers, body }: Request, send: Send) {
    const response = await send(headers, body);
    if (response.statusCode !== 501) return response; // it refuses the request
    response.resume();
    return responseOf(200, uploads.list(bucket, url.searchParams));
  }

  const operations: Record<string, typeof complete | undefined> = {
    PUT: sendPart,
    POST: complete,
    DELETE: abort,
  };
  return {
    /** The response to a request about multipart uploads; undefined for any other. */
    async respond(request: Request, send: Send): Promise<SimulatorResponse | undefined> {
      const { method, bucket, encodedKey, url } = request;
      if (url.searchParams.has("uploads")) {
        if (method === "GET" && !encodedKey) return list(request, send);
        return method === "POST" && encodedKey ? create(request, send) : undefined;
      }
      const uploadId = url.searchParams.get("uploadId");
      const operation = operations[method];
      if (uploadId === null || !operation) return undefined;
      const upload = uploads.find(bucket, decoded(encodedKey), uploadId);
      if (upload) return operation(upload, request, send);
      const response = await send(request.headers, request.body);
      if ((response.statusCode ?? 500) < 300) throw noSuchUpload(); // completed or aborted before
      return response;
    },
  };
}

/** Of parts that are unknown, or have another ETag, `none`, which the simulator does not know either. */
const withSimulatorEtags = (xml: string, { parts }: UnfinishedUpload) =>
  xml.replace(/<Part>.*?<\/Part>/gs, (part) => {
    const number = /<PartNumber>(\d+)<\/PartNumber>/.exec(part)?.[1] ?? "0";
    const etag = unquoted(/<ETag>([^<]*)<\/ETag>/.exec(part)?.[1] ?? "");
    const known = parts[number];
    const simulatorEtag = known?.etag === etag ? known.simulatorEtag : "none";
    return `<Part><PartNumber>${number}</PartNumber><ETag>${simulatorEtag}</ETag></Part>`;
  });

const noSuchUpload = () =>
  new S3Error(404, "NoSuchUpload", "The specified multipart upload does not exist.");

function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    throw new S3Error(400, "InvalidURI", "The key in the URL is not encoded as UTF-8");
  }
}

const unquoted = (etag: string) => etag.replaceAll("&quot;", "").replaceAll('"', "");

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

function responseOf(statusCode: number, xml: string): SimulatorResponse {
  const headers = {
    "content-type": "application/xml",
    "content-length": String(Buffer.byteLength(xml)),
  };
  return Object.assign(Readable.from([xml]), { statusCode, headers });
}
