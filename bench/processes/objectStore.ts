import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { handleCalls } from "../support/forkedProcess.ts";

/**
 * An object store over TLS that takes next to no CPU: it accepts every PUT, after a delay if configured,
 * and verifies nothing. Cloudflare's simulator would take more CPU than what is measured.
 */
const objects = new Map<string, Buffer>();
let delayMs = 0;
let keeps = false;
let puts = 0;

const server = createServer(JSON.parse(process.argv[2]!), async (request, response) => {
  const { method, url = "/", headers } = request;
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
  const object = objects.get(pathOf(url));
  if (!object) return void response.writeHead(404).end();
  if (method === "DELETE") return void response.writeHead(204).end();
  response.setHeader("content-length", object.length);
  response.end(method === "HEAD" ? undefined : object);
});

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
    puts = 0;
  },
  put({ path, base64 }: { path: string; base64: string }) {
    objects.set(path, Buffer.from(base64, "base64"));
  },
  puts: () => puts,
});
