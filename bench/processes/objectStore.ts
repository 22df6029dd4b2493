import { createHash } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { handleCalls } from "../support/forkedProcess.ts";

/**
 * An object store over TLS that takes next to no CPU: it accepts every PUT and every part, after a delay if
 * configured, and verifies nothing. Cloudflare's simulator would take more CPU than what is measured.
 */
const objects = new Map<string, Buffer>();
/** What is read under every other key of a bucket. */
const pictures = new Map<string, Buffer>();
let delayMs = 0;
let keeps = false;
let puts = 0;
let requests: Record<string, number> = {};

const server = createServer(JSON.parse(process.argv[2]!), async (request, response) => {
  const { method = "", url = "/", headers } = request;
  const { searchParams } = new URL(url, "https://store");
  const operation = operationOf(method, searchParams);
  requests[operation] = (requests[operation] ?? 0) + 1;
  const answer = multipart[operation];
  if (answer) return answer(request, response);
  if (method === "PUT") {
    const body = await buffer(request);
    puts += 1;
    if (keeps) objects.set(pathOf(url), body);
    if (delayMs > 0) await sleep(delayMs);
    const checksum = headers["x-amz-checksum-sha256"];
    if (checksum !== undefined) response.setHeader("x-amz-checksum-sha256", checksum);
    response.setHeader("access-control-allow-origin", "*");
    // not of the form of an MD5: it would have to be the body's, and this store hashes nothing
    response.setHeader("etag", '"stored"').end();
    return;
  }
  const object = objects.get(pathOf(url)) ?? pictures.get(url.split("/")[1]!);
  if (!object) return void response.writeHead(404).end();
  if (method === "DELETE") return void response.writeHead(204).end();
  response.setHeader("content-length", object.length);
  response.end(method === "HEAD" ? undefined : object);
});

function operationOf(method: string, query: URLSearchParams): string {
  if (query.has("uploads"))
    return method === "GET" ? "ListMultipartUploads" : "CreateMultipartUpload";
  if (query.has("partNumber")) return "UploadPart";
  if (query.has("uploadId")) return `${method === "POST" ? "Complete" : "Abort"}MultipartUpload`;
  return method;
}

/** The MD5 sums of the parts of an upload, as their senders declared them; empty of those that did not. */
const md5s: Buffer[] = [];
type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<unknown>;

/** One upload at a time. Parts are read and dropped. */
const multipart: Record<string, Answer | undefined> = {
  ListMultipartUploads: async (_, response) => response.end("<ListMultipartUploadsResult/>"),
  async CreateMultipartUpload(request, response) {
    md5s.length = 0;
    request.resume();
    const id = "<UploadId>upload</UploadId>";
    response.end(`<InitiateMultipartUploadResult>${id}</InitiateMultipartUploadResult>`);
  },
  async UploadPart(request, response) {
    for await (const _ of request);
    if (delayMs > 0) await sleep(delayMs);
    const md5 = Buffer.from(`${request.headers["content-md5"] ?? ""}`, "base64");
    const number = Number(new URL(request.url!, "https://store").searchParams.get("partNumber"));
    md5s[number - 1] = md5;
    response.setHeader("etag", md5.length > 0 ? `"${md5.toString("hex")}"` : '"stored"').end();
  },
  async CompleteMultipartUpload(request, response) {
    request.resume();
    const md5 = createHash("md5").update(Buffer.concat(md5s)).digest("hex");
    const etag = `<ETag>"${md5}-${md5s.length}"</ETag>`;
    response.end(`<CompleteMultipartUploadResult>${etag}</CompleteMultipartUploadResult>`);
  },
};

const pathOf = (url: string) => url.replace(/\?.*/, "");

handleCalls({
  async listen() {
    server.keepAliveTimeout = 60_000;
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}` };
  },
  /** Sets the delay of each PUT and whether objects are kept; removes all objects. */
  configure(options: { delayMs?: number; keeps?: boolean }) {
    ({ delayMs = 0, keeps = false } = options);
    objects.clear();
    pictures.clear();
    puts = 0;
    requests = {};
  },
  put({ path, base64 }: { path: string; base64: string }) {
    objects.set(path, Buffer.from(base64, "base64"));
  },
  /** What is read under every key of a bucket that was not put. */
  putEverywhere({ bucket, base64 }: { bucket: string; base64: string }) {
    pictures.set(bucket, Buffer.from(base64, "base64"));
  },
  puts: () => puts,
  /** The requests since the last call, by their operation. */
  takeRequests() {
    const before = requests;
    requests = {};
    return before;
  },
});
